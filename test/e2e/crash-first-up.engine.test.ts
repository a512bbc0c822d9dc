import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { expectWholeFiles, killedAt, pointsOf } from './killed-up.ts';
import { createTestProject, type TestProject } from './project.ts';
import { taskContainers } from './running.ts';

let project: TestProject;

describe('the first up, killed at every journal write', () => {
  /** The folder as `init` left it. */
  let fresh: string;

  /** Puts the folder back: nothing is known of what runs. */
  async function begin(): Promise<void> {
    for (const name of await readdir(project.directory)) {
      await rm(join(project.directory, name), { recursive: true });
    }
    await cp(fresh, project.directory, { recursive: true, preserveTimestamps: true });
  }

  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), { settings: { PRESET: 'minimal' } });
    await project.succeed(['init', '--no-input']);
    fresh = `${project.directory}.fresh`;
    await cp(project.directory, fresh, { recursive: true, preserveTimestamps: true });
  });
  afterAll(async () => {
    await project.remove();
    await rm(fresh, { recursive: true, force: true });
  });

  it('converges after each kill, with every file whole', async () => {
    const points = await pointsOf(project, 'journal');
    // Every step is hit at its intent and at its end, so none is passed over.
    const steps = [
      'store-generation',
      'lock-images',
      'write',
      'set-ownership',
      'own-volumes',
      'start-data',
      'reconcile',
      'start',
      'commit',
    ];
    expect([...new Set(points)]).toEqual([
      'begin',
      ...steps.flatMap((step) => [`${step} intent`, `${step} done`]),
      'end committed',
      'archived',
    ]);
    for (const [index, point] of points.entries()) {
      await begin();
      expect(await killedAt(project, 'journal', index + 1)).toBe(point);
      await project.succeed(['up']);
      await expectWholeFiles(project);
      expect(await taskContainers(project)).toEqual([]);
      expect((await project.succeed(['plan'])).stdout).toBe('No changes.');
    }
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });
});
