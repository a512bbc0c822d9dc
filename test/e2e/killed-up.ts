import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Run, TestProject } from './project.ts';

const hook = join(import.meta.dirname, 'kill-at-journal.hook.cjs');
/** Far more than any transaction writes: ends a count that does not end by itself. */
export const mostSteps = 200;

/** Runs `up` and kills it at the n-th journal write; null where it ended before that. */
export async function killedUp(project: TestProject, at: number): Promise<Run | null> {
  const result = await project.run(['up'], {
    env: {
      NODE_OPTIONS: `--require=${hook}`,
      JACKER_TEST_KILL_AT: String(at),
      JACKER_TEST_KILL_LOG: join(project.directory, 'killed'),
    },
  });
  return result.exitCode === 0 ? null : result;
}

/** The lines of the journal that the killed process left. */
export async function journalLines(
  project: TestProject,
): Promise<{ step?: string; phase: string }[]> {
  const text = await project.read('.jacker/journal/current.ndjson').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { step?: string; phase: string });
}

/** Every generated file of the project, whole: YAML parses, and no temporary file is among them. */
export async function expectWholeFiles(project: TestProject): Promise<void> {
  for (const folder of ['compose', 'config', '.']) {
    const names = await readdir(join(project.directory, folder), { recursive: folder !== '.' });
    for (const name of names) {
      expect(name).not.toMatch(/\.tmp$/);
      if (!/\.ya?ml$/.test(name)) continue;
      const text = await readFile(join(project.directory, folder, name), 'utf8');
      expect(parse(text), `${folder}/${name}`).toBeTypeOf('object');
    }
  }
}
