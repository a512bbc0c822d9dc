import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { readProjectFile } from '../../src/io/project-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const files = nodeFileSystem();
const pipe = (path: string): void => void execFileSync('mkfifo', [path]);

async function errorOf(act: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await act.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JackerError);
  return error as JackerError;
}

describe('a file that a person wrote', () => {
  const read = (path: string) =>
    readProjectFile(files, path, 'overrides/a.yml', 'override-invalid');

  it('is its text, also through a link and behind a byte order mark', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a'), '\ufeffé\n');
    await symlink('a', join(folder, 'link'));
    expect(await read(join(folder, 'a'))).toBe('é\n');
    expect(await read(join(folder, 'link'))).toBe('é\n');
    expect(await read(join(folder, 'none'))).toBeNull();
  });

  it.each([
    ['a pipe', pipe, /a pipe, socket or device/, undefined],
    [
      'a device',
      (path: string) => symlink('/dev/zero', path),
      /a pipe, socket or device/,
      undefined,
    ],
    [
      'a link to a pipe',
      async (path: string) => {
        pipe(`${path}.pipe`);
        await symlink(`${path}.pipe`, path);
      },
      /a pipe, socket or device/,
      undefined,
    ],
    [
      'a link to nothing',
      (path: string) => symlink('nowhere', path),
      /leads to nothing/,
      undefined,
    ],
    ['a folder', (path: string) => mkdir(path), /a folder is where/, undefined],
    [
      'more than a mebibyte',
      (path: string) => writeFile(path, ' '.repeat(1024 * 1024 + 1)),
      /1048577 bytes/,
      undefined,
    ],
    [
      'bytes that are not UTF-8',
      (path: string) => writeFile(path, Buffer.from([0x61, 0x0a, 0xc3, 0x28, 0x0a])),
      /not UTF-8/,
      2,
    ],
    ['a NUL', (path: string) => writeFile(path, 'a\nb\nc\0'), /NUL/, 3],
  ] as const)('that is %s is refused with its place', async (_, make, what, line) => {
    const path = join(await temporaryFolder(), 'a');
    await make(path);
    const error = await errorOf(read(path));
    expect(error).toMatchObject({ code: 'override-invalid', exitCode: 2 });
    expect(error.problems[0]?.what).toMatch(what);
    expect(error.problems[0]?.where).toEqual({
      file: 'overrides/a.yml',
      ...(line === undefined ? {} : { line }),
    });
    expect(error.problems[0]?.hint).toBeTruthy();
  });
});

describe('the file system', () => {
  it('waits for no pipe, whatever is done to it', async () => {
    const path = join(await temporaryFolder(), 'pipe');
    pipe(path);
    for (const act of [
      () => files.read(path),
      () => files.readText(path),
      () => files.append(path, 'x', { mode: 0o600 }),
    ]) {
      expect(await errorOf(act())).toMatchObject({ code: 'project-invalid', exitCode: 2 });
    }
  });

  it('reads no device, and nothing without an end', async () => {
    for (const path of ['/dev/zero', '/dev/urandom']) {
      expect((await errorOf(files.read(path))).code).toBe('project-invalid');
    }
    const path = join(await temporaryFolder(), 'large');
    execFileSync('truncate', ['-s', '65M', path]);
    expect((await errorOf(files.read(path))).problems[0]?.what).toMatch(/has more than/);
  });

  it('reads what says that it is empty, as in /proc', async () => {
    expect(await files.readText('/proc/self/stat')).toMatch(/^\d+ \(/);
    expect((await files.readText('/proc/kallsyms'))?.length).toBeGreaterThan(100_000);
  });

  it('reads a file of any size up to the most', async () => {
    const path = join(await temporaryFolder(), 'file');
    for (const size of [0, 1, 65_535, 65_536, 65_537, 3_000_000]) {
      await writeFile(path, 'x'.repeat(size));
      expect((await files.readText(path))?.length).toBe(size);
    }
  });
});
