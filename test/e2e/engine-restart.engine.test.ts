import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { createTestProject, type TestProject } from './project.ts';
import { runningContainers } from './running.ts';
import { visitSample } from './visit-sample.ts';

let testbed: Testbed;
let project: TestProject;

describe('a restart of the engine', () => {
  beforeAll(async () => {
    testbed = await ensureTestbed();
    project = await createTestProject(testbed, { sample: true });
    await project.succeed(['up']);
  });
  afterAll(() => project.remove());

  it('loses no data, and up has nothing to change afterwards', async () => {
    const before = await visitSample(project);
    if (testbed.kind === 'own') await testbed.restartEngine();
    else {
      const ids = [...(await runningContainers(project)).values()].map(({ id }) => id);
      await project.docker(['restart', ...ids]);
    }
    await project.succeed(['up']);
    expect(await visitSample(project)).toEqual({
      postgres: before.postgres + 1,
      redis: before.redis + 1,
    });
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });
});
