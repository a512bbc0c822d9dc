import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { hardenStack, type HardenInput, type Hardened } from '../../src/usecases/harden.ts';

/** Where the application stacks are: one folder each, with its `compose.yml`. */
export const corpusFolder = join(import.meta.dirname, '../corpus');

/** Their names. */
export const corpusNames = readdirSync(corpusFolder).sort();

/** A stack's file, absolute, and its text. */
export function corpusFile(name: string): { path: string; text: string } {
  const path = join(corpusFolder, name, 'compose.yml');
  return { path, text: readFileSync(path, 'utf8') };
}

/** Hardens files in memory; other texts may stand in for theirs. */
export async function hardenFiles(
  files: readonly string[],
  options: Partial<HardenInput> & { texts?: ReadonlyMap<string, string> } = {},
): Promise<Hardened> {
  const { texts, ...input } = options;
  const real = nodeFileSystem();
  return hardenStack(
    {
      ...real,
      read: async (path) => {
        const text = texts?.get(path);
        return text === undefined ? real.read(path) : new TextEncoder().encode(text);
      },
      facts: async (path) => {
        const text = texts?.get(path);
        return text === undefined
          ? real.facts(path)
          : { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: text.length };
      },
    },
    { files, workingDirectory: corpusFolder, today: '2026-11-25', ...input },
  );
}

/** The text after hardening of a file. */
export function textOf(hardened: Hardened, path: string): string {
  const found = hardened.files.find((file) => file.path === path);
  if (!found) throw new Error(`${path} is not among the hardened files`);
  return found.after;
}
