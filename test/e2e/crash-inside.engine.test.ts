import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { expectWholeFiles, killedAt, pointsOf } from './killed-up.ts';
import { createTestProject, type TestProject } from './project.ts';
import { taskContainers } from './running.ts';
import { visitSample } from './visit-sample.ts';

let project: TestProject;

/** A password that Postgres' roles and the application have to learn, and a change of the edge. */
async function change(round: number): Promise<void> {
  await project.succeed(['secrets', 'generate', '--force', 'postgres-sample']);
  await project.set({ RATE_API: `${String(round + 1)}/s:100` });
}

describe('a change that Postgres has to follow, killed in the middle of its steps', () => {
  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), { sample: true });
    await project.succeed(['up']);
  });
  afterAll(() => project.remove());

  it('converges after each kill: the roles fit the secrets, and no container is left over', async () => {
    let visits = await visitSample(project);
    await change(0);
    const points = await pointsOf(project, 'engine');
    // The reconciliation asks, changes roles, and looks at each database; Compose runs at the end.
    expect(points.filter((point) => /^POST \/exec\/ID\/start$/.test(point)).length).toBeGreaterThan(
      2,
    );
    expect(points).toContain('POST /containers/ID/exec');
    expect(points).toContain('docker compose up');
    for (const [index, point] of points.entries()) {
      await change(index + 1);
      expect(await killedAt(project, 'engine', index + 1)).toBe(point);
      await project.succeed(['up']);
      await expectWholeFiles(project);
      expect(await taskContainers(project), point).toEqual([]);
      const seen = await visitSample(project);
      expect(seen, point).toEqual({ postgres: visits.postgres + 1, redis: visits.redis + 1 });
      visits = seen;
    }
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });
});

describe('the first up, killed in the middle of its steps', () => {
  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), { settings: { PRESET: 'minimal' } });
    // The images are pinned and there: what is killed begins with containers and volumes.
    await project.succeed(['up']);
    await project.succeed(['down', '--volumes', '--confirm', project.name]);
  });
  afterAll(() => project.remove());

  it('converges after each kill, and no container is left over', async () => {
    const points = await pointsOf(project, 'engine');
    // A container gives the new volumes to their services: made, started, waited for, removed.
    expect(points).toContain('POST /containers/create');
    expect(points).toContain('POST /containers/ID/start');
    expect(points).toContain('docker compose create');
    expect(points).toContain('docker compose up');
    let leftOver = 0;
    for (const [index, point] of points.entries()) {
      await project.succeed(['down', '--volumes', '--confirm', project.name]);
      expect(await killedAt(project, 'engine', index + 1)).toBe(point);
      leftOver += (await taskContainers(project)).length;
      await project.succeed(['up']);
      await expectWholeFiles(project);
      expect(await taskContainers(project), point).toEqual([]);
    }
    // Some of them did leave one: that it is gone is the work of the next command.
    expect(leftOver).toBeGreaterThan(0);
  });
});
