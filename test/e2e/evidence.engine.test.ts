import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../src/audit/report-schema.ts';
import type { Report } from '../../src/verify/report.ts';
import { ensureTestbed } from '../testbed/index.ts';
import { createTestProject, type TestProject } from './project.ts';
import { runningContainers } from './running.ts';

let project: TestProject;
let report: Report;

beforeAll(async () => {
  project = await createTestProject(await ensureTestbed(), { settings: { PRESET: 'full' } });
  await project.succeed(['up']);
  const { stdout } = await project.run(['verify', '--attack', '--json']);
  report = JSON.parse(stdout) as Report;
  await keep('evidence.json', report);
});
afterAll(() => project.remove());

function keep(name: string, content: object): Promise<void> {
  return writeFile(join(project.directory, name), JSON.stringify(content));
}

async function audit(evidence: string): Promise<AuditReport['stacks'][number]> {
  const { stdout, stderr } = await project.run(['audit', '--json', '--evidence', evidence]);
  expect(stderr).toBe('');
  const [stack] = (JSON.parse(stdout) as AuditReport).stacks;
  if (!stack) throw new Error('nothing was audited');
  return stack;
}

describe('a report of verify', () => {
  it('says what was read, from which engine and images, and when', async () => {
    const running = await runningContainers(project);
    expect(report.project).toBe(project.name);
    expect(report.engine.version).toMatch(/^\d+\.\d+/);
    expect(Date.parse(report.endedAt)).toBeGreaterThanOrEqual(Date.parse(report.startedAt));
    expect(Math.abs(Date.now() - Date.parse(report.endedAt))).toBeLessThan(600_000);
    for (const [service, { image }] of running) expect(report.images[service]?.id).toBe(image);
    expect(Object.keys(report.images).sort()).toEqual([...running.keys()].sort());
    for (const { read, from } of report.observations) expect(read + from).not.toBe('');
  });

  it('proves the full preset: 97 or more, all but everything known, nothing grave accepted', async () => {
    const { score, findings, gaps, controls } = await audit('evidence.json');
    expect(gaps).toEqual([]);
    expect(score.staticOnly).toBe(false);
    expect(score.score).toBeGreaterThanOrEqual(97);
    expect(score.coverage).toBeGreaterThanOrEqual(0.98);
    expect(['A', 'A+']).toContain(score.grade);
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    const grave = controls.filter(({ severity }) =>
      ['critical', 'high', 'medium'].includes(severity),
    );
    expect(grave.filter(({ waived, excepted }) => waived + excepted > 0)).toEqual([]);
    // Far more was read from what runs than files say.
    const known = controls.reduce((all, { pass }) => all + pass, 0);
    expect(known).toBeGreaterThan(report.observations.length);
  });

  it('counts for nothing where it is of another project, or too old', async () => {
    await keep('other.json', { ...report, project: 'other' });
    await keep('old.json', { ...report, endedAt: '2020-01-01T00:00:00.000Z' });
    for (const [name, why] of [
      ['other.json', 'about the project other'],
      ['old.json', 'older than'],
    ] as const) {
      const { gaps, score, controls } = await audit(name);
      expect(gaps[0]).toMatchObject({ file: name });
      expect(gaps[0]?.what).toContain(why);
      expect(score.coverage).toBeLessThan(1);
      expect(controls.reduce((all, { pass }) => all + pass, 0)).toBeLessThan(
        report.observations.length + 1000,
      );
    }
  });

  it('shows what was found open then', async () => {
    const [first] = report.observations;
    if (!first) throw new Error('nothing was observed');
    const broken = { ...first, status: 'fail' };
    await keep('open.json', { ...report, observations: [broken, ...report.observations.slice(1)] });
    const { controls } = await audit('open.json');
    expect(controls.find(({ id }) => id === first.control)?.fail).toBe(1);
  });

  it('counts no longer for a service that has changed since', async () => {
    const before = await audit('evidence.json');
    await project.succeed(['config', 'set', 'TIMEZONE=Europe/Madrid']);
    const { gaps, score } = await audit('evidence.json');
    expect(gaps.map(({ what }) => what)).toContain('was read before redis changed');
    expect(score.coverage).toBeLessThan(before.score.coverage);
  });
});
