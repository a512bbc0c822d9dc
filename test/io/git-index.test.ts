import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { trackedPaths } from '../../src/io/git-index.ts';

const run = promisify(execFile);

/** A repository of real files, all of them added. */
async function repository(
  paths: readonly string[],
  ...options: string[]
): Promise<{ index: Buffer; git: (...args: string[]) => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-git-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: folder, env })).stdout;
  await git('init', '--quiet', ...options);
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
  await git('add', '--all');
  return { index: await readFile(join(folder, '.git/index')), git };
}

const names = ['.env', 'a', 'deep/er/secret file.txt', 'ü/ß.env', `long/${'x'.repeat(200)}`];

it('lists what git lists, whatever the length of a name', async () => {
  const lengths = Array.from({ length: 20 }, (_, length) => `n/${'y'.repeat(length + 1)}`);
  const { index, git } = await repository([...names, ...lengths]);
  const listed = (await git('ls-files', '-z')).split('\0').filter(Boolean);
  expect(listed.length).toBe(names.length + lengths.length);
  expect([...(trackedPaths(index) ?? [])].sort()).toEqual(listed.sort());
});

it('reads an index with extended entries', async () => {
  const { git, index: before } = await repository(names);
  expect(before.readUInt32BE(4)).toBe(2);
  await git('rm', '--cached', '--quiet', 'a');
  await git('add', '--intent-to-add', 'a');
  const folder = (await git('rev-parse', '--show-toplevel')).trim();
  const index = await readFile(join(folder, '.git/index'));
  expect(index.readUInt32BE(4)).toBe(3);
  expect([...(trackedPaths(index) ?? [])].sort()).toEqual([...names].sort());
});

it('says that it cannot tell of an index that it does not read', async () => {
  const { git } = await repository(names);
  await git('update-index', '--index-version', '4');
  const folder = (await git('rev-parse', '--show-toplevel')).trim();
  expect(trackedPaths(await readFile(join(folder, '.git/index')))).toBeNull();
  const other = await repository(names, '--object-format=sha256');
  expect(trackedPaths(other.index)).toBeNull();
  expect(trackedPaths(new Uint8Array())).toBeNull();
  expect(trackedPaths(Buffer.from('DIRC\0\0\0\u0002\0\0\0\u0009'))).toBeNull();
});
