import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { JackerError } from '../error.ts';
import type { EntryKind, FileFacts } from './file-system.ts';

/** A file of that size is none that Jacker keeps, in bytes. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Reads a plain file. A pipe without a writer would keep its reader waiting, and a device may have
 * no end: neither is waited for (O_NONBLOCK) nor read.
 *
 * This and the other looks at the disk do not leave the thread: each takes microseconds, and its way
 * to another thread and back several times as long. An audit makes ten thousand of them.
 */
export function read(path: string): Buffer {
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

/** Throws `project-invalid` for a pipe, socket or device. */
export function requirePlain(path: string, found: Stats): void {
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

/** What is at the path, itself and not what a link leads to; null where nothing is. */
export function facts(path: string): FileFacts | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  let kind: EntryKind = 'other';
  if (found.isFile()) kind = 'file';
  else if (found.isDirectory()) kind = 'directory';
  else if (found.isSymbolicLink()) kind = 'symlink';
  return { kind, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, size: found.size };
}
