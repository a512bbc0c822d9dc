import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { createTestProject, type TestProject } from './project.ts';
import { addNotes } from './running.ts';
import { visitSample } from './visit-sample.ts';

/** An override that lets the service end as soon as it has begun. */
const broken = `services:
  notes:
    command: [node, -e, "process.exit(3)"]
`;
/** Each is known to two sides: a server's rules or roles, and the service that signs in with it. */
const shared = [
  'redis-oauth',
  'redis-sample',
  'redis-traefik',
  'postgres-sample',
  'admin-password',
];

let project: TestProject;

describe('a run that changes secrets and fails', () => {
  const valuesNow = () => Promise.all(shared.map((name) => project.read(`secrets/${name}`)));

  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), {
      sample: true,
      settings: { SERVICES_ENABLED: 'sample,notes' },
    });
    await addNotes(project);
    await project.succeed(['up']);
  });
  afterAll(() => project.remove());

  it('goes back to secrets and rules that fit each other: 6, and everything works', async () => {
    const before = await valuesNow();
    const visits = await visitSample(project);
    for (const name of shared) await project.succeed(['secrets', 'generate', '--force', name]);
    const wanted = await valuesNow();
    expect(wanted.filter((value, index) => value === before[index])).toEqual([]);
    await project.write('overrides/broken.yml', broken);

    const { exitCode, stderr } = await project.run(['up']);
    expect(exitCode, stderr).toBe(6);
    expect(await valuesNow()).toEqual(before);
    // Sign-in needs oauth's Redis user and the password; the page needs the sample's two stores.
    const after = await visitSample(project);
    expect(after).toEqual({ postgres: visits.postgres + 1, redis: visits.redis + 1 });
    for (const name of shared) expect(stderr).toContain(`secrets/${name}: is what it was`);
    expect((await project.succeed(['secrets', 'check'])).stdout).toBe('Every secret is in order.');

    // What the run had is where the message says.
    const [, place = ''] =
      /What this run had is kept: (secrets\/\.generations\/\d+\/redis-oauth)/.exec(stderr) ?? [];
    expect(await project.read(place)).toBe(wanted[0]);

    await rm(join(project.directory, 'overrides/broken.yml'));
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
    expect(await valuesNow()).toEqual(before);
  });

  it('the same change without the fault is taken', async () => {
    const before = await valuesNow();
    for (const name of shared) await project.succeed(['secrets', 'generate', '--force', name]);
    const wanted = await valuesNow();
    const visits = await visitSampleAfter(() => project.succeed(['up']));
    expect(await valuesNow()).toEqual(wanted);
    expect(wanted).not.toEqual(before);
    expect(visits.redis).toBeGreaterThan(1);
  });
});

async function visitSampleAfter(act: () => Promise<unknown>) {
  await act();
  return visitSample(project);
}
