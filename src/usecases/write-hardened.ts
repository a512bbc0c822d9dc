import { basename, dirname, join } from 'node:path';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { Hardened } from './harden.ts';

/** The name of an override, unless another one is given. */
export const defaultOverride = 'compose.hardened.override.yml';

/** Where a hardened copy of a file goes: beside it, so that relative paths in it stay true. */
export function copyPath(path: string): string {
  const name = basename(path);
  const match = /^(.*?)(\.ya?ml)?$/i.exec(name);
  return join(dirname(path), `${match?.[1] ?? name}.hardened${match?.[2] ?? '.yml'}`);
}

/** A text and where it is to stand. */
export interface Output {
  path: string;
  /** The file that it was made from; null for an override. */
  from: string | null;
  before: string | null;
  text: string;
}

/**
 * The files that are to be written. An original is among them only with `inPlace`.
 *
 * @param output an absolute path for the one file that there is
 */
export function outputsOf(
  hardened: Hardened,
  options: { inPlace: boolean; override?: string; output?: string },
): Output[] {
  const changed = hardened.files.filter(({ before, after }) => before !== after);
  if (options.override !== undefined) {
    return hardened.files
      .filter(({ path }) => path === options.override)
      .map(({ path, before, after }) => ({ path, from: null, before, text: after }));
  }
  if (options.output !== undefined) {
    const originals = hardened.files;
    const [only] = originals;
    if (originals.length !== 1 || !only) {
      throw new JackerError('usage', {
        what: '-o takes one file, and several are hardened',
        hint: 'Leave -o out: each gets a copy beside it; or write one override: --override -o FILE.',
      });
    }
    return [{ path: options.output, from: only.path, before: only.before, text: only.after }];
  }
  return changed.map(({ path, before, after }) => ({
    path: options.inPlace ? path : copyPath(path),
    from: path,
    before,
    text: after,
  }));
}

/**
 * Writes the files, each one whole or not at all. A file that is in the way and says something else
 * is left alone without `force`, unless it is the original that is to be edited.
 */
export async function writeOutputs(
  files: FileSystem,
  outputs: readonly Output[],
  options: { inPlace: boolean; force: boolean },
): Promise<void> {
  const ready: { path: string; text: string; mode: number }[] = [];
  for (const { path, text, from, before } of outputs) {
    // The file itself, where the path is a link: replacing the link would leave the file as it was.
    const real = (await files.realPath(path)) ?? path;
    const facts = await files.facts(real);
    const current = facts === null ? null : await readText(files, real);
    if (options.inPlace) {
      if (current !== before) {
        throw new JackerError('conflict', {
          what: 'changed while it was examined',
          where: { file: path },
          hint: 'Run again.',
        });
      }
    } else if (current !== null && current !== text && !options.force) {
      throw new JackerError('conflict', {
        what: 'is there already and says something else',
        where: { file: path },
        why: 'it may hold changes of yours',
        hint: 'Look at the difference with --dry-run; write over it with --force, or name another file with -o.',
      });
    }
    const source = from === null ? null : await files.facts((await files.realPath(from)) ?? from);
    if (current !== text)
      ready.push({ path: real, text, mode: facts?.mode ?? source?.mode ?? 0o644 });
  }
  for (const { path, text, mode } of ready) await files.write(path, text, { mode });
}

async function readText(files: FileSystem, path: string): Promise<string | null> {
  const bytes = await files.read(path);
  return bytes === null ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
