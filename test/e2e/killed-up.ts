import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Run, TestProject } from './project.ts';

const hook = join(import.meta.dirname, 'kill-at.hook.cjs');

/** What counts as a point at which a run can be killed; the hook says what each is. */
export type Points = 'journal' | 'engine' | 'files';

interface Reached {
  result: Run;
  /** Every point that was reached, in words; the last one is where a killed run was killed. */
  points: string[];
}

async function runWithHook(
  project: TestProject,
  args: readonly string[],
  points: Points,
  at: number | string,
): Promise<Reached> {
  // Outside of the folder, whose content is what is looked at.
  const log = `${project.directory}.points`;
  await rm(log, { force: true });
  const result = await project.run(args, {
    env: {
      NODE_OPTIONS: `--require=${hook}`,
      JACKER_TEST_KILL_POINTS: points,
      JACKER_TEST_KILL_AT: String(at),
      JACKER_TEST_KILL_LOG: log,
    },
  });
  const text = await readFile(log, 'utf8').catch(() => '');
  await rm(log, { force: true });
  return { result, points: text.split('\n').filter(Boolean) };
}

/** Runs a command to its end, which has to come with the exit code; answers every point on its way. */
export async function pointsOf(
  project: TestProject,
  points: Points,
  options: { args?: readonly string[]; exitCode?: number } = {},
): Promise<string[]> {
  const { args = ['up'], exitCode = 0 } = options;
  const reached = await runWithHook(project, args, points, 0);
  expect(reached.result.exitCode, reached.result.stderr).toBe(exitCode);
  expect(reached.points.length).toBeGreaterThan(0);
  return reached.points;
}

/**
 * Runs a command and kills it at the n-th point (from 1), or at the first of that name. It must have been killed, by that very
 * signal, and there: a run that ended by itself, however it did, fails the test. Answers the point.
 */
export async function killedAt(
  project: TestProject,
  points: Points,
  at: number | string,
  args: readonly string[] = ['up'],
): Promise<string> {
  const reached = await runWithHook(project, args, points, at);
  expect(reached.result.signal, `point ${String(at)}: ${reached.result.stderr}`).toBe('SIGKILL');
  const last = reached.points.at(-1) ?? '';
  expect(typeof at === 'number' ? reached.points.length : last).toBe(at);
  return last;
}

/** Every generated file of the project, whole: YAML parses, and no temporary file is among them. */
export async function expectWholeFiles(project: TestProject): Promise<void> {
  for (const folder of ['compose', 'config', 'secrets', '.jacker', '.']) {
    const names = await readdir(join(project.directory, folder), { recursive: folder !== '.' });
    for (const name of names) {
      expect(name).not.toMatch(/\.tmp$/);
      if (!/\.ya?ml$/.test(name)) continue;
      const text = await readFile(join(project.directory, folder, name), 'utf8');
      expect(parse(text), `${folder}/${name}`).toBeTypeOf('object');
    }
  }
}
