import { readdirSync, realpathSync } from 'node:fs';
import { codeOf, explainFileError } from './file-error.ts';
import type { FileAct } from './file-error.ts';
import { facts, read } from './node-file-reads.ts';
import type { FileFacts, FileSystem } from './file-system.ts';
import type * as fileWrites from './node-file-writes.ts';

type Writes = typeof fileWrites;

/** Loaded by who writes: most commands only read. */
const loadWrites = (): Promise<Writes> => import('./node-file-writes.ts');

/** Runs one act; where the path is missing answers `absent`, any other failure is explained. */
async function orAbsent<T>(
  act: FileAct,
  path: string,
  run: () => T | Promise<T>,
  absent: T,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // ESRCH: a file of /proc whose process ended between the opening and the reading.
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(codeOf(error))) return absent;
    throw explainFileError(error, act, path);
  }
}

/** Writes; any failure is explained. */
async function orExplain<T>(
  act: FileAct,
  path: string,
  run: (writes: Writes) => Promise<T>,
): Promise<T> {
  try {
    return await run(await loadWrites());
  } catch (error) {
    throw explainFileError(error, act, path);
  }
}

/**
 * The real file system. Every change is on the disk when its promise resolves: files and the
 * folders that name them are synced. Errors are those of {@link explainFileError}.
 */
export function nodeFileSystem(): FileSystem {
  return {
    read: (path) => orAbsent<Uint8Array | null>('read', path, () => read(path), null),
    readText: (path) =>
      orAbsent<string | null>('read', path, () => read(path).toString('utf8'), null),
    facts: (path) => orAbsent<FileFacts | null>('look at', path, () => facts(path), null),
    list: (path) => orAbsent<string[]>('list', path, () => readdirSync(path).sort(), []),
    write: (path, content, { mode }) =>
      orExplain('write', path, (writes) => writes.write(path, content, mode)),
    append: (path, content, { mode }) =>
      orExplain('append to', path, (writes) => writes.append(path, content, mode)),
    makeDirectory: (path, mode) =>
      orExplain('create', path, (writes) => writes.makeDirectory(path, mode)),
    rename: (from, to) => orExplain('rename', to, (writes) => writes.rename(from, to)),
    remove: (path) =>
      orAbsent('remove', path, async () => (await loadWrites()).remove(path), undefined),
    removeTree: (path) =>
      orAbsent('remove', path, async () => (await loadWrites()).removeTree(path), undefined),
    setMode: (path, mode) =>
      orExplain('change the mode of', path, (writes) => writes.setMode(path, mode)),
    setOwner: (path, uid, gid) =>
      orExplain('change the owner of', path, (writes) => writes.setOwner(path, uid, gid)),
    createExclusive: (path, content, mode) =>
      orExplain('create', path, (writes) => writes.createExclusive(path, content, mode)),
    realPath: (path) =>
      orAbsent<string | null>('look at', path, () => realpathSync.native(path), null),
  };
}
