import { expect } from 'vitest';
import type { Report, ReportedObservation } from '../../src/verify/report.ts';
import type { TestProject } from './project.ts';

/**
 * Runs `verify --attack` on the project and expects that nothing is open and nothing unknown;
 * answers what was observed.
 *
 * @param only these controls by id; all by default
 */
export async function expectVerified(
  project: TestProject,
  only: readonly string[] = [],
): Promise<readonly ReportedObservation[]> {
  const { exitCode, stdout, stderr } = await project.run([
    ...['verify', '--attack', '--json'],
    ...(only.length > 0 ? ['--control', ...only] : []),
  ]);
  expect(stdout, stderr).toMatch(/^\{/);
  const { observations } = JSON.parse(stdout) as Report;
  const open = observations
    .filter(({ status, exception }) => status === 'fail' && exception === undefined)
    .concat(observations.filter(({ status }) => status === 'unknown'))
    // A kernel without AppArmor cannot have it in force.
    .filter(({ control }) => control !== 'J-SEC-02');
  expect(
    open.map(({ control, subject, read, seen }) => `${control} ${subject} ${read}: ${seen}`),
  ).toEqual([]);
  expect(observations.length).toBeGreaterThan(only.length);
  expect(exitCode).toBe(0);
  return observations;
}
