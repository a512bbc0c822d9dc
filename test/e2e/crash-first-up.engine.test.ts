import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { expectWholeFiles, journalLines, killedUp, mostSteps } from './killed-up.ts';
import { createTestProject, type TestProject } from './project.ts';

let project: TestProject;

describe('the first up, killed at every journal write', () => {
  /** The folder as `init` left it. */
  let fresh: string;

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
    const reached: string[] = [];
    for (let at = 1; at < mostSteps; at++) {
      for (const name of await readdir(project.directory)) {
        await rm(join(project.directory, name), { recursive: true });
      }
      await cp(fresh, project.directory, { recursive: true, preserveTimestamps: true });
      if ((await killedUp(project, at)) === null) break;
      const last = (await journalLines(project)).at(-1);
      reached.push(last ? `${last.step ?? ''} ${last.phase}`.trim() : 'archived');
      await project.succeed(['up']);
      await expectWholeFiles(project);
      expect((await project.succeed(['plan'])).stdout).toBe('No changes.');
    }
    // Every step was hit at its intent and at its end, so none was passed over.
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
    expect([...new Set(reached)]).toEqual([
      'begin',
      ...steps.flatMap((step) => [`${step} intent`, `${step} done`]),
      'end',
      'archived',
    ]);
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });
});
