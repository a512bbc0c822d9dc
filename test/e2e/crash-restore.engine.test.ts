import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { createHttpClient } from './http-client.ts';
import { expectWholeFiles, killedAt, pointsOf } from './killed-up.ts';
import { createTestProject, type TestProject } from './project.ts';
import { addNotes, taskContainers } from './running.ts';

/** An override that lets the service end as soon as it has begun. */
const broken = `services:
  notes:
    command: [node, -e, "process.exit(3)"]
`;

let project: TestProject;

async function greeting(): Promise<string> {
  const client = await createHttpClient(project);
  const page = await client.get(`https://notes.${project.domain}:${String(project.httpsPort)}/`);
  expect(page.status).toBe(200);
  return page.body;
}

describe('a killed run', () => {
  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), {
      settings: { PRESET: 'minimal', SERVICES_ENABLED: 'notes', NOTES_GREETING: 'good morning' },
    });
    await addNotes(project);
    await project.succeed(['up']);
  });
  afterAll(() => project.remove());

  it('that was on its way back from a change that failed: the next up gets there, or further', async () => {
    await project.write('overrides/broken.yml', broken);
    const points = await pointsOf(project, 'journal', { exitCode: 6 });
    const first = points.indexOf('start failed');
    expect(points.slice(first)).toEqual([
      'start failed',
      'restore intent',
      'restore done',
      'end restored',
      'archived',
    ]);
    // With the same fault again: back to what served, whatever the killed run left.
    await killedAt(project, 'journal', 'restore intent');
    const again = await project.run(['up']);
    expect(again.exitCode, again.stderr).toBe(6);
    expect(await greeting()).toBe('good morning');
    await expectWholeFiles(project);
    for (const [index, point] of [...points.entries()].slice(first)) {
      await project.write('overrides/broken.yml', broken);
      expect(await killedAt(project, 'journal', index + 1)).toBe(point);
      // With the fault corrected: to what is wanted.
      await rm(join(project.directory, 'overrides/broken.yml'));
      await project.set({ NOTES_GREETING: `after ${point}` });
      await project.succeed(['up']);
      expect(await greeting()).toBe(`after ${point}`);
      await expectWholeFiles(project);
      expect(await taskContainers(project)).toEqual([]);
    }
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });

  it('whose recovery is killed, too: the one after it converges', async () => {
    let recovery: string[] = [];
    for (let at = 1; recovery.at(-1) !== 'begin'; at++) {
      await project.set({ NOTES_GREETING: `round ${String(at)}` });
      await killedAt(project, 'journal', 'start intent');
      // The next command first ends what the killed one had begun.
      recovery = [...recovery, await killedAt(project, 'journal', at)];
      await project.succeed(['up']);
      expect(await greeting()).toBe(`round ${String(at)}`);
      await expectWholeFiles(project);
    }
    expect(recovery).toEqual(['end abandoned', 'archived', 'begin']);
  });
});
