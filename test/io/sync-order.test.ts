import type * as files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * What a power loss leaves cannot be tried without cutting the power. What can be seen is the order
 * in which the system is asked: content is on the disk before a name leads to it, and the name is on
 * the disk before the promise resolves (fsync(2), rename(2)).
 */

type Functions = Record<string, (...args: never[]) => Promise<unknown>>;
/** The module object itself: what is put into it, every importer sees after a synchronisation. */
const live = createRequire(import.meta.url)('node:fs/promises') as unknown as Functions;
const names = ['open', 'rename', 'link', 'unlink', 'rm', 'mkdir'] as const;
const originals = Object.fromEntries(names.map((name) => [name, live[name]])) as Functions;
let folder: string;
let calls: string[];

/** A path without the folder, and without what is random in it. */
const shown = (path: unknown): string =>
  String(path)
    .replace(folder, '')
    .replace(/\.jacker-[0-9a-f]{12}\.tmp$/, '.tmp') || '/';

beforeEach(async () => {
  folder = await temporaryFolder();
  calls = [];
  const call = (name: string, args: unknown[]): Promise<unknown> =>
    (originals[name] as unknown as (...all: unknown[]) => Promise<unknown>)(...args);
  for (const name of names) {
    live[name] = async (...args: unknown[]) => {
      const result = await call(name, args);
      if (name !== 'open') {
        calls.push(
          [name, ...args.slice(0, name === 'rename' || name === 'link' ? 2 : 1).map(shown)].join(
            ' ',
          ),
        );
        return result;
      }
      const handle = result as files.FileHandle;
      for (const act of ['writeFile', 'sync', 'truncate'] as const) {
        const original = handle[act].bind(handle) as (...all: unknown[]) => Promise<unknown>;
        Object.assign(handle, {
          [act]: async (...all: unknown[]) => {
            const done = await original(...all);
            calls.push(
              `${act === 'writeFile' ? 'write' : act === 'sync' ? 'fsync' : act} ${shown(args[0])}`,
            );
            return done;
          },
        });
      }
      return handle;
    };
  }
  syncBuiltinESMExports();
});
afterEach(() => {
  Object.assign(live, originals);
  syncBuiltinESMExports();
});

describe('every change is on the disk, content before name, when its promise resolves', () => {
  const system = nodeFileSystem();
  const at = (name: string): string => join(folder, name);

  it('a file that is written', async () => {
    await system.write(at('a'), 'new', { mode: 0o600 });
    const order = ['write /.a.tmp', 'fsync /.a.tmp', 'rename /.a.tmp /a', 'fsync /'];
    expect(calls).toEqual(order);
    calls = [];
    await system.write(at('a'), 'newer', { mode: 0o600 });
    expect(calls).toEqual(order);
  });

  it('a file that is created once', async () => {
    expect(await system.createExclusive(at('a'), 'x', 0o600)).toBe(true);
    expect(calls).toEqual([
      'write /.a.tmp',
      'fsync /.a.tmp',
      'link /.a.tmp /a',
      'rm /.a.tmp',
      'fsync /',
    ]);
  });

  it('a line that is appended, and the name of a new file', async () => {
    await system.append(at('a'), 'one\n', { mode: 0o600 });
    await system.append(at('a'), 'two\n', { mode: 0o600 });
    expect(calls).toEqual(['write /a', 'fsync /a', 'fsync /', 'write /a', 'fsync /a']);
  });

  it('folders, each before what is in it', async () => {
    await system.makeDirectory(at('a/b'), 0o700);
    expect(calls).toEqual(['mkdir /a', 'fsync /', 'mkdir /a/b', 'fsync /a']);
  });

  it('a file that gets another name, in both folders', async () => {
    await system.makeDirectory(at('a'), 0o700);
    await system.write(at('x'), '', { mode: 0o600 });
    calls = [];
    await system.rename(at('x'), at('a/y'));
    expect(calls).toEqual(['rename /x /a/y', 'fsync /a', 'fsync /']);
  });

  it('what is removed', async () => {
    await system.makeDirectory(at('a'), 0o700);
    await system.write(at('x'), '', { mode: 0o600 });
    calls = [];
    await system.remove(at('x'));
    await system.removeTree(at('a'));
    expect(calls).toEqual(['unlink /x', 'fsync /', 'rm /a', 'fsync /']);
  });
});
