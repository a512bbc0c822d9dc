import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JackerError } from '../../src/error.ts';
import type { ErrorCode } from '../../src/error.ts';
import { explainFileError } from '../../src/io/file-error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { isTemporaryName } from '../../src/io/temporary-name.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const files = nodeFileSystem();
const isRoot = process.geteuid?.() === 0;
const program = (name: string): string => join(import.meta.dirname, name);

async function errorOf(act: Promise<unknown>): Promise<JackerError> {
  const error = await act.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JackerError);
  return error as JackerError;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

describe('write', () => {
  it('creates a file with exactly the given mode, whatever the umask', async () => {
    const path = join(await temporaryFolder(), 'new');
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    await files.write(path, 'content', { mode: 0o664 });
    expect(await readFile(path, 'utf8')).toBe('content');
    expect(await modeOf(path)).toBe(0o664);
  });

  it('replaces a file that its owner may not write, and its mode', async () => {
    const path = join(await temporaryFolder(), 'secret');
    await files.write(path, 'old', { mode: 0o400 });
    await files.write(path, new Uint8Array([0, 255, 10]), { mode: 0o440 });
    expect([...(await readFile(path))]).toEqual([0, 255, 10]);
    expect(await modeOf(path)).toBe(0o440);
  });

  it('replaces a symbolic link instead of writing through it', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'outside'), 'untouched');
    await symlink(join(folder, 'outside'), join(folder, 'link'));
    await files.write(join(folder, 'link'), 'new', { mode: 0o600 });
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('untouched');
    expect((await files.facts(join(folder, 'link')))?.kind).toBe('file');
  });

  it('takes names as long as the file system does', async () => {
    const folder = await temporaryFolder();
    for (const name of ['x'.repeat(255), 'é'.repeat(127), ' "$(name)\n']) {
      await files.write(join(folder, name), name, { mode: 0o600 });
      expect(await readFile(join(folder, name), 'utf8')).toBe(name);
    }
  });

  it('leaves the old file or the new, whole, when the process is killed at any moment', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'target');
    const size = 512 * 1024;
    const whole = new Set(['a'.repeat(size), 'b'.repeat(size)]);
    let killedInside = 0;
    for (let round = 0; round < 20; round++) {
      const child = startChild(program('write-forever.child.ts'), [path, String(size)]);
      expect(await child.line()).toBe('first');
      // The moment of the kill is what is varied here; nothing depends on its length.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      expect(whole.has(await readFile(path, 'utf8'))).toBe(true);
      expect(await modeOf(path)).toBe(0o640);
      const names = (await readdir(folder)).filter((name) => name !== 'target');
      expect(names.every(isTemporaryName)).toBe(true);
      killedInside += names.length;
      for (const name of names) await files.remove(join(folder, name));
    }
    expect(killedInside).toBeGreaterThan(0);
  }, 60_000);

  it('keeps the old file and leaves no other behind when the disk is full', async () => {
    if (!isRoot) {
      console.warn('not root, so no small file system can be mounted: /dev/full stands in for it');
      const error = await errorOf(files.append('/dev/full', 'x', { mode: 0o600 }));
      expect(error.code).toBe('disk');
      return;
    }
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));
    const path = join(folder, 'target');
    await files.write(path, 'old', { mode: 0o600 });

    const error = await errorOf(files.write(path, 'x'.repeat(100_000), { mode: 0o600 }));
    expect(error.code).toBe('disk');
    expect(error.problems[0]?.what).toContain(path);
    expect(error.problems[0]?.why).toMatch(/no space/);
    expect(error.problems[0]?.hint).toMatch(/Free some space/);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['target']);

    expect(
      (await errorOf(files.createExclusive(join(folder, 'new'), 'x'.repeat(100_000), 0o600))).code,
    ).toBe('disk');
    expect((await errorOf(files.append(path, 'x'.repeat(100_000), { mode: 0o600 }))).code).toBe(
      'disk',
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['target']);
  });

  it('says which path is on a read-only file system', async () => {
    if (!isRoot) {
      console.warn(
        'not root, so nothing can be mounted: the mapping of the error is checked alone',
      );
      const refused = Object.assign(new Error('EROFS'), { code: 'EROFS' });
      expect(explainFileError(refused, 'write', '/x')).toMatchObject({ code: 'permission' });
      return;
    }
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));
    const error = await errorOf(files.write(join(folder, 'x'), '', { mode: 0o600 }));
    expect(error.code).toBe('permission');
    expect(error.message).toContain(join(folder, 'x'));
    expect(error.message).toMatch(/read-only/);
  });

  it('says which path another user may not read or write', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o555);
    onTestFinished(() => chmod(folder, 0o755));
    const secret = join(folder, 'secret');
    if (isRoot) await files.write(secret, 'x', { mode: 0o600 });
    else await chmod(folder, 0o000);
    const other = isRoot ? { uid: 65534, gid: 65534 } : {};
    const child = startChild(program('refused.child.ts'), [secret, join(folder, 'new')], other);
    for (const path of [secret, join(folder, 'new')]) {
      const error = JSON.parse((await child.line()) ?? '') as { code: string; problems: object[] };
      expect(error.code).toBe('permission');
      expect(JSON.stringify(error.problems)).toContain(path);
      expect(JSON.stringify(error.problems)).toMatch(/Run as the user who owns/);
    }
  });

  it('explains what stands in the way', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder'));
    const below = await errorOf(files.write(join(folder, 'file', 'x'), '', { mode: 0o600 }));
    expect(below.code).toBe('project-invalid');
    expect(below.message).toMatch(/not a folder/);
    const over = await errorOf(files.write(join(folder, 'folder'), '', { mode: 0o600 }));
    expect(over.code).toBe('project-invalid');
    expect(over.message).toMatch(/a folder is where a file belongs/);
    expect((await errorOf(files.makeDirectory(join(folder, 'file'), 0o700))).message).toMatch(
      /not a folder/,
    );
    expect(await readdir(folder)).toEqual(['file', 'folder']);
  });
});

describe('the explanation of an error', () => {
  it.each<[string, ErrorCode]>([
    ['ENOSPC', 'disk'],
    ['EDQUOT', 'disk'],
    ['EACCES', 'permission'],
    ['EPERM', 'permission'],
    ['EROFS', 'permission'],
    ['ENOTDIR', 'project-invalid'],
    ['EISDIR', 'project-invalid'],
  ])('of %s is a %s with a reason and a remedy', (platform, code) => {
    const cause = Object.assign(new Error(platform), { code: platform });
    const explained = explainFileError(cause, 'write', '/srv/x') as JackerError;
    expect(explained).toMatchObject({ code, cause });
    expect(explained.problems[0]).toMatchObject({
      what: 'Cannot write /srv/x',
      why: expect.stringMatching(/./) as string,
      hint: expect.stringMatching(/./) as string,
    });
  });

  it('leaves other errors as they came', () => {
    const cause = Object.assign(new Error('EIO'), { code: 'EIO' });
    expect(explainFileError(cause, 'write', '/srv/x')).toBe(cause);
  });
});

describe('append', () => {
  it('creates the file with its mode, then adds to it', async () => {
    const path = join(await temporaryFolder(), 'log');
    await files.append(path, 'one\n', { mode: 0o600 });
    await files.append(path, 'two\n', { mode: 0o644 });
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect(await modeOf(path)).toBe(0o600);
  });

  it('reports a full device', async () => {
    const error = await errorOf(files.append('/dev/full', 'x', { mode: 0o600 }));
    expect(error.code).toBe('disk');
  });

  it('does not follow a symbolic link', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'outside'), 'untouched');
    await symlink(join(folder, 'outside'), join(folder, 'log'));
    const error = await errorOf(files.append(join(folder, 'log'), 'x', { mode: 0o600 }));
    expect(error.message).toMatch(/symbolic link/);
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('untouched');
  });
});

describe('createExclusive', () => {
  it('lets one of many win, and the file is the content of that one', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'one');
    const contents = Array.from({ length: 20 }, (_, index) => `content ${index}`);
    const won = await Promise.all(
      contents.map((content) => files.createExclusive(path, content, 0o600)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(contents[won.indexOf(true)]);
    expect(await readdir(folder)).toEqual(['one']);
  });

  it('leaves what is there alone, a dangling link included', async () => {
    const folder = await temporaryFolder();
    await symlink(join(folder, 'nowhere'), join(folder, 'link'));
    expect(await files.createExclusive(join(folder, 'link'), 'x', 0o600)).toBe(false);
    expect(await readdir(folder)).toEqual(['link']);
  });
});

describe('folders and missing paths', () => {
  it('makes the folders on the way, and leaves the mode of those that are there', async () => {
    const folder = await temporaryFolder();
    await files.makeDirectory(join(folder, 'a'), 0o755);
    await files.makeDirectory(join(folder, 'a', 'b', 'c'), 0o700);
    expect(await modeOf(join(folder, 'a'))).toBe(0o755);
    expect(await modeOf(join(folder, 'a', 'b'))).toBe(0o700);
    expect(await modeOf(join(folder, 'a', 'b', 'c'))).toBe(0o700);
  });

  it('answers nothing for a missing path, and removes it without an error', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'missing', 'x'), join(folder, 'file', 'x')]) {
      expect(await files.read(path)).toBeNull();
      expect(await files.readText(path)).toBeNull();
      expect(await files.facts(path)).toBeNull();
      expect(await files.realPath(path)).toBeNull();
      expect(await files.list(path)).toEqual([]);
      await files.remove(path);
      await files.removeTree(path);
    }
  });

  it('lists names in one order on every machine', async () => {
    const folder = await temporaryFolder();
    for (const name of ['b', 'A', 'a', '_', '10', '9']) await writeFile(join(folder, name), '');
    expect(await files.list(folder)).toEqual(['10', '9', 'A', '_', 'a', 'b']);
  });

  it('removes a link to a folder, not the folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'kept'));
    await writeFile(join(folder, 'kept', 'file'), '');
    for (const remove of ['remove', 'removeTree'] as const) {
      await symlink(join(folder, 'kept'), join(folder, 'link'));
      expect((await files.facts(join(folder, 'link')))?.kind).toBe('symlink');
      await files[remove](join(folder, 'link'));
      expect(await readdir(folder)).toEqual(['kept']);
    }
    expect(await readdir(join(folder, 'kept'))).toEqual(['file']);
  });
});
