import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTemporaryName } from '../../src/io/temporary-name.ts';
import { run, type Ended } from '../bad-input/folder.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const hook = join(import.meta.dirname, '../e2e/kill-at.hook.cjs');
const init = ['init', '--no-input', '--preset', 'minimal', '--domain', 'example.test'];

/** Runs `init` and kills it at the n-th change of the file system; answers all changes that it made. */
async function killedInit(
  directory: string,
  at: number,
): Promise<{ ended: Ended; changes: string[] }> {
  const log = `${directory}.points`;
  const ended = await run(directory, init, {
    env: {
      NODE_OPTIONS: `--require=${hook}`,
      JACKER_TEST_KILL_POINTS: 'files',
      JACKER_TEST_KILL_AT: String(at),
      JACKER_TEST_KILL_LOG: log,
    },
  });
  const changes = (await readFile(log, 'utf8')).split('\n').filter(Boolean);
  await rm(log);
  return { ended, changes };
}

/** The first change of each kind in each folder, by its number. */
function kindsOf(changes: readonly string[]): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const [index, change] of changes.entries()) {
    const [act = '', path = ''] = change.split(' ');
    const [top = '', ...rest] = path.split('/');
    const kind = `${act} ${rest.length > 0 ? `${top}/` : top}`;
    if (!kinds.has(kind)) kinds.set(kind, index + 1);
  }
  return kinds;
}

describe('init that is killed', () => {
  it('is completed by the next init, which leaves nothing half-made behind', async () => {
    const { ended, changes } = await killedInit(await temporaryFolder(), 0);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const kinds = kindsOf(changes);
    for (const kind of [
      'write ..env.tmp',
      'write secrets/',
      'rename compose/',
      'write config/',
      'link .jacker/',
    ]) {
      expect(
        [...kinds.keys()].some((one) => one.startsWith(kind)),
        kind,
      ).toBe(true);
    }
    let leftOver = 0;
    const half = async (directory: string): Promise<string[]> =>
      (await readdir(directory, { recursive: true })).filter((path) =>
        isTemporaryName(basename(path)),
      );
    for (const [kind, at] of kinds) {
      const directory = await temporaryFolder();
      const killed = await killedInit(directory, at);
      expect(killed.ended.exitCode, kind).toBe(-1);
      expect(killed.changes, kind).toHaveLength(at);
      leftOver += (await half(directory)).length;
      const again = await run(directory, init);
      expect(again.exitCode, `${kind}: ${again.stderr}`).toBe(0);
      expect(await half(directory), kind).toEqual([]);
      const plan = await run(directory, ['plan', '--json']);
      expect(plan.exitCode, plan.stderr).toBe(0);
      const { files } = JSON.parse(plan.stdout) as { files: { kind: string }[] };
      expect(
        files.filter((file) => file.kind !== 'unchanged'),
        kind,
      ).toEqual([]);
    }
    // Some of them did leave a file: that it is gone is the work of the next command.
    expect(leftOver).toBeGreaterThan(3);
  }, 600_000);
});
