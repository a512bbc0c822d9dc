import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { JackerError } from '../error.ts';
import { codeOf, explainFileError } from './file-error.ts';
import type { FileAct } from './file-error.ts';
import type { EntryKind, FileFacts, FileSystem } from './file-system.ts';
import { temporaryName } from './temporary-name.ts';

/** Beside the target, because only a rename within one file system is atomic. */
function temporaryPath(path: string): string {
  return join(dirname(path), temporaryName(basename(path), randomBytes(6).toString('hex')));
}

/** Makes a new, renamed or removed name in a folder survive a power loss. */
async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes a new file completely and to the disk; removes it again where that fails. */
async function writeNew(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  // Nobody else may open it before it has its final mode: 0600 first, fchmod after.
  const file = await fs.open(path, 'wx', mode & 0o600);
  try {
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await fs.rm(path, { force: true });
    throw error;
  }
}

async function write(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const temporary = temporaryPath(path);
  await writeNew(temporary, content, mode);
  try {
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A link, unlike O_EXCL alone, lets nobody see the file before its content is complete. */
async function createExclusive(path: string, content: string, mode: number): Promise<boolean> {
  const temporary = temporaryPath(path);
  await writeNew(temporary, content, mode);
  try {
    await fs.link(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await fs.rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** A file of that size is none that Jacker keeps, in bytes. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Reads a plain file. A pipe without a writer would keep its reader waiting, and a device may have
 * no end: neither is waited for (O_NONBLOCK) nor read.
 *
 * This and the other looks at the disk do not leave the thread: each takes microseconds, and its way
 * to another thread and back several times as long. An audit makes ten thousand of them.
 */
function read(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (found.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    requirePlain(path, found);
    if (found.size > mostBytes) throw tooLarge(path);
    const parts: Uint8Array[] = [];
    let size = 0;
    // Until its end: a file of /proc has no size, and another one may grow meanwhile.
    for (;;) {
      const part = Buffer.allocUnsafe(Math.max(found.size - size + 1, 4096));
      const bytesRead = readSync(file, part, 0, part.length, null);
      if (bytesRead === 0) return Buffer.concat(parts, size);
      const filled = part.subarray(0, bytesRead);
      // One byte more was asked for than there is: that was the end.
      if (parts.length === 0 && bytesRead === found.size) return filled;
      parts.push(filled);
      size += bytesRead;
      if (size > mostBytes) throw tooLarge(path);
    }
  } finally {
    closeSync(file);
  }
}

function requirePlain(path: string, found: Stats): void {
  if (found.isFile()) return;
  throw new JackerError('project-invalid', {
    what: 'a pipe, socket or device is where a file belongs',
    where: { file: path },
    hint: 'Move it away, and run the command again.',
  });
}

function tooLarge(path: string): JackerError {
  return new JackerError('project-invalid', {
    what: `has more than ${String(mostBytes)} bytes`,
    where: { file: path },
    hint: 'Check that it is the file that belongs there.',
  });
}

async function openForAppend(
  path: string,
  mode: number,
): Promise<{ file: fs.FileHandle; isNew: boolean }> {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const created = flags | constants.O_CREAT | constants.O_EXCL;
    return { file: await fs.open(path, created, mode & 0o600), isNew: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return { file: await fs.open(path, flags), isNew: false };
  }
}

async function append(path: string, content: string, mode: number): Promise<void> {
  const { file, isNew } = await openForAppend(path, mode);
  try {
    if (isNew) await file.chmod(mode);
    const found = await file.stat();
    const { size } = found;
    if (found.isFIFO()) requirePlain(path, found);
    try {
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      // Half a line would join the next one. What cannot be cut off is the readers' to tolerate.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
  if (isNew) await syncFolder(dirname(path));
}

/** Creates the missing folders of a path, outermost first. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await fs.mkdir(path, mode);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await fs.stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    return makeDirectory(path, mode);
  }
  await fs.chmod(path, mode);
  await syncFolder(dirname(path));
}

function facts(path: string): FileFacts | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  let kind: EntryKind = 'other';
  if (found.isFile()) kind = 'file';
  else if (found.isDirectory()) kind = 'directory';
  else if (found.isSymbolicLink()) kind = 'symlink';
  return { kind, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, size: found.size };
}

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

async function orExplain<T>(act: FileAct, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
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
    write: (path, content, options) =>
      orExplain('write', path, () => write(path, content, options.mode)),
    append: (path, content, options) =>
      orExplain('append to', path, () => append(path, content, options.mode)),
    makeDirectory: (path, mode) => orExplain('create', path, () => makeDirectory(path, mode)),
    rename: (from, to) =>
      orExplain('rename', to, async () => {
        await fs.rename(from, to);
        await syncFolder(dirname(to));
        if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
      }),
    remove: (path) =>
      orAbsent(
        'remove',
        path,
        async () => {
          await fs.unlink(path);
          await syncFolder(dirname(path));
        },
        undefined,
      ),
    removeTree: (path) =>
      orAbsent(
        'remove',
        path,
        async () => {
          await fs.rm(path, { recursive: true, force: true });
          await syncFolder(dirname(path));
        },
        undefined,
      ),
    setMode: (path, mode) => orExplain('change the mode of', path, () => fs.chmod(path, mode)),
    setOwner: (path, uid, gid) =>
      orExplain('change the owner of', path, () => fs.lchown(path, uid, gid)),
    createExclusive: (path, content, mode) =>
      orExplain('create', path, () => createExclusive(path, content, mode)),
    realPath: (path) =>
      orAbsent<string | null>('look at', path, () => realpathSync.native(path), null),
  };
}
