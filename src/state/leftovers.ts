import { join } from 'node:path/posix';
import type { FileSystem } from '../io/file-system.ts';
import { isTemporaryName } from '../io/temporary-name.ts';
import { generationNumber, projectLayout, recordsFolder, secretsFolder } from './layout.ts';

/** The folders of a project that hold generated files, at any depth. */
const generatedFolders = ['compose', 'config', secretsFolder, recordsFolder];

/** The folders in which a person's files stand beside what `init` wrote; '' is the project's own. */
const sharedFolders = ['', 'overrides', 'services'];

async function removeTemporaryFiles(
  files: FileSystem,
  folder: string,
  depth: 'this' | 'all',
): Promise<string[]> {
  const removed: string[] = [];
  // A linked folder is not ours to look into.
  if ((await files.facts(folder))?.kind !== 'directory') return removed;
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    const found = await files.facts(path);
    if (found?.kind === 'file' && isTemporaryName(name)) {
      await files.remove(path);
      removed.push(path);
    } else if (found?.kind === 'directory' && depth === 'all') {
      removed.push(...(await removeTemporaryFiles(files, path, depth)));
    }
  }
  return removed;
}

async function removeHalfGenerations(files: FileSystem, projectDir: string): Promise<string[]> {
  const { generations, secretGenerations } = projectLayout(projectDir);
  const stored = new Set((await files.list(generations)).filter(isGeneration));
  const leftovers = [
    ...(await files.list(generations))
      .filter(isHalfGeneration)
      .map((name) => join(generations, name)),
    ...(await files.list(secretGenerations))
      .filter((name) => isHalfGeneration(name) || (isGeneration(name) && !stored.has(name)))
      .map((name) => join(secretGenerations, name)),
  ];
  for (const path of leftovers) await files.removeTree(path);
  return leftovers;
}

function isGeneration(name: string): boolean {
  return generationNumber(name) !== null;
}

function isHalfGeneration(name: string): boolean {
  return name.endsWith('.tmp') && isGeneration(name.slice(0, -'.tmp'.length));
}

/**
 * Removes what a killed process left half done: temporary files in the project folder and in the
 * folders of generated files, half-stored and half-removed generations. The caller holds the lock:
 * nothing of it belongs to a process that still runs. Answers the absolute paths removed.
 */
export async function removeLeftovers(
  context: { files: FileSystem },
  projectDir: string,
): Promise<string[]> {
  const { files } = context;
  const removed = await removeHalfGenerations(files, projectDir);
  for (const folder of sharedFolders) {
    removed.push(...(await removeTemporaryFiles(files, join(projectDir, folder), 'this')));
  }
  for (const folder of generatedFolders) {
    removed.push(...(await removeTemporaryFiles(files, join(projectDir, folder), 'all')));
  }
  return removed;
}
