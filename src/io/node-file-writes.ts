import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './file-error.ts';
import { requirePlain } from './node-file-reads.ts';
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

/** Replaces a file, or makes it: whoever reads it sees the old content or the new one. */
export async function write(
  path: string,
  content: Uint8Array | string,
  mode: number,
): Promise<void> {
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
export async function createExclusive(
  path: string,
  content: string,
  mode: number,
): Promise<boolean> {
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

/** Adds to the end of a file, which is made where it is missing. */
export async function append(path: string, content: string, mode: number): Promise<void> {
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
export async function makeDirectory(path: string, mode: number): Promise<void> {
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

/** Gives a file or folder another name, in place of what has that one. */
export async function rename(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** Removes a file. */
export async function remove(path: string): Promise<void> {
  await fs.unlink(path);
  await syncFolder(dirname(path));
}

/** Removes a file, or a folder with all that is in it. */
export async function removeTree(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true });
  await syncFolder(dirname(path));
}

/** Sets permission bits. */
export const setMode = (path: string, mode: number): Promise<void> => fs.chmod(path, mode);

/** Sets the owner of what is at the path, itself and not what a link leads to. */
export const setOwner = (path: string, uid: number, gid: number): Promise<void> =>
  fs.lchown(path, uid, gid);
