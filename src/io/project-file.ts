import { JackerError, type ErrorCode } from '../error.ts';
import type { FileSystem } from './file-system.ts';

/** No file that a person writes by hand is that large, in bytes. */
const mostBytes = 1024 * 1024;

/** What reading a file of a person's needs. */
export type ProjectFiles = Pick<FileSystem, 'read' | 'facts' | 'realPath'>;

/**
 * The text of a file that a person wrote, null where there is none. A link to a file is followed.
 * Throws with the file and, where it is known, the line for what is no text: a folder, a pipe or a
 * device, a link to nothing, more than a mebibyte, bytes that are not UTF-8, a NUL.
 *
 * @param path absolute
 * @param shown the path as messages name it
 * @param code what such a file makes invalid
 */
export async function readProjectFile(
  files: ProjectFiles,
  path: string,
  shown: string,
  code: ErrorCode,
): Promise<string | null> {
  const refuse = (what: string, hint: string, line?: number): JackerError =>
    new JackerError(code, {
      what,
      where: { file: shown, ...(line === undefined ? {} : { line }) },
      hint,
    });
  const named = await files.facts(path);
  if (named === null) return null;
  const real = named.kind === 'symlink' ? await files.realPath(path) : path;
  const facts = real === null ? null : await files.facts(real);
  if (real === null || facts === null) {
    throw refuse(
      'the symbolic link leads to nothing',
      'Restore the file it points to, or remove the link.',
    );
  }
  if (facts.kind !== 'file') {
    throw refuse(
      `${facts.kind === 'directory' ? 'a folder' : 'a pipe, socket or device'} is where a file belongs`,
      'Put an ordinary file there, or move it away.',
    );
  }
  if (facts.size > mostBytes) {
    throw refuse(
      `the file has ${String(facts.size)} bytes; ${String(mostBytes)} are the most`,
      'Check that it is the file that belongs there.',
    );
  }
  const bytes = await files.read(real);
  if (bytes === null) return null;
  const text = decode(bytes);
  if (text === null) {
    throw refuse('bytes that are not UTF-8', 'Save the file as UTF-8.', firstBadLine(bytes));
  }
  const nul = text.indexOf('\0');
  if (nul === -1) return text;
  throw refuse('a NUL character', 'Remove it: the file has to be text.', lineAt(text, nul));
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    // A line end is a byte of its own in UTF-8: lines can be looked at one by one.
    if (decode(bytes.subarray(start, end === -1 ? bytes.length : end)) === null) return line;
    if (end === -1) break;
    start = end + 1;
  }
  return line;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
