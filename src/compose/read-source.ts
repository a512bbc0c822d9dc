import type { FileSystem } from '../io/file-system.ts';
import type { SourceFile } from './source.ts';

/** The largest file that is read, in bytes; ten thousand services fit. */
export const mostBytes = 8 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A file that was read, or in words why not; `missing` where there is none. */
export type ReadOutcome =
  { source: SourceFile } | { refused: string; hint: string; missing: boolean };

/**
 * Reads one text file. Only a plain file of bounded size is opened: a pipe would never end, and a
 * device is not anybody's Compose file.
 *
 * @param path absolute
 * @param shown the path as messages name it
 * @param most bytes
 */
export async function readSource(
  files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
  path: string,
  shown: string,
  most = mostBytes,
): Promise<ReadOutcome> {
  const refuse = (refused: string, hint: string, missing = false): ReadOutcome => ({
    refused,
    hint,
    missing,
  });
  // The usual way to name no file: Jacker's own includes take their variables from it.
  if (path === '/dev/null') return { source: { path: shown, text: '' } };
  let bytes: Uint8Array | null;
  try {
    let facts = await files.facts(path);
    if (facts?.kind === 'symlink') {
      const real = await files.realPath(path);
      facts = real === null ? null : await files.facts(real);
    }
    if (facts === null) return refuse('does not exist', 'Check the path.', true);
    if (facts.kind !== 'file') return refuse('is no file', 'Name a file.');
    if (facts.size > most) {
      return refuse(
        `is larger than ${most / 1024 / 1024} MiB`,
        'Split it, or check that it is a Compose file.',
      );
    }
    bytes = await files.read(path);
  } catch (error) {
    return refuse('cannot be read', reason(error));
  }
  if (bytes === null) return refuse('does not exist', 'Check the path.', true);
  if (bytes.length > most) return refuse('grew while it was read', 'Run again.');
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return refuse('is not UTF-8', 'Save it as UTF-8.');
  }
  if (text.includes('\0')) return refuse('holds a NUL character', 'It is no text: check the path.');
  return { source: { path: shown, text } };
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ELOOP') return 'Its symbolic links lead in a circle: remove the link.';
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

/** The names that Compose looks for in a folder, in its order. */
export const defaultNames = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yaml',
  'docker-compose.yml',
] as const;

/** The override that Compose adds to a file with a default name: the first that may be there. */
export function overrideNames(path: string): string[] {
  const match = /^(.*\/)?(docker-compose|compose)\.ya?ml$/.exec(path);
  if (!match) return [];
  const [, folder = '', stem = ''] = match;
  return [`${folder}${stem}.override.yaml`, `${folder}${stem}.override.yml`];
}
