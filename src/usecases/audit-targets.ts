import { basename, join } from 'node:path';
import { defaultNames } from '../compose/read-source.ts';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';

/** Folders that hold no Compose file of the project. */
const skipped = new Set(['node_modules', '.git', '.jacker', '.venv', 'vendor']);
const deepest = 12;
const mostFolders = 20_000;
/** Each has a report of its own, all of which are held until they are written. */
const mostStacks = 3000;
const composeName = /^(docker-)?compose([._-][\w.-]+)?\.ya?ml$/i;

/**
 * The stacks that the words of a command line name: a file is one stack, a folder every Compose
 * file below it. Overrides with a default name belong to the file that they are over, which is what
 * is examined also where a hook names the override alone.
 *
 * @param paths absolute
 */
export async function findStacks(
  files: Pick<FileSystem, 'facts' | 'list' | 'realPath'>,
  paths: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const facts = await files.facts(path).catch(() => null);
    const real = facts?.kind === 'symlink' ? await files.realPath(path).catch(() => null) : null;
    const target = real === null ? facts : await files.facts(real).catch(() => null);
    if (target?.kind !== 'directory') found.push(await baseOf(files, path));
    else {
      const inside = await search(files, path);
      if (inside.length === 0) {
        throw new JackerError('usage', {
          what: 'holds no Compose file',
          where: { file: path },
          hint: 'Name the file itself where it has a name of its own.',
        });
      }
      found.push(...inside);
    }
  }
  const stacks = [...new Set(found)];
  if (stacks.length <= mostStacks) return stacks;
  throw new JackerError('usage', {
    what: `these are ${stacks.length} Compose files, and one run takes ${mostStacks}`,
    hint: 'Name fewer folders, and run once for each.',
  });
}

/** The Compose file that Compose itself would take in a folder; null where there is none. */
export async function defaultStack(
  files: Pick<FileSystem, 'facts'>,
  folder: string,
): Promise<string | null> {
  for (const name of defaultNames) {
    const path = join(folder, name);
    if ((await files.facts(path)) !== null) return path;
  }
  return null;
}

async function search(
  files: Pick<FileSystem, 'facts' | 'list'>,
  folder: string,
): Promise<string[]> {
  const found: string[] = [];
  const queue: { path: string; depth: number }[] = [{ path: folder, depth: 0 }];
  for (let next = 0; next < queue.length && next < mostFolders; next++) {
    const { path, depth } = queue[next] ?? { path: folder, depth: deepest };
    for (const name of await files.list(path).catch(() => [])) {
      const inner = join(path, name);
      if (composeName.test(name)) {
        if (!isOverride(name)) found.push(inner);
      } else if (!skipped.has(name) && depth < deepest && !/\.[a-z0-9]{1,5}$/i.test(name)) {
        // A link is not followed: it may lead in a circle.
        const facts = await files.facts(inner).catch(() => null);
        if (facts?.kind === 'directory') queue.push({ path: inner, depth: depth + 1 });
      }
    }
  }
  return found.sort();
}

/** The file that an override is over, where it is one and that file is beside it; else itself. */
async function baseOf(files: Pick<FileSystem, 'facts'>, path: string): Promise<string> {
  const stem = /^(.*)\.override\.ya?ml$/.exec(path)?.[1];
  if (stem === undefined || !isOverride(path)) return path;
  for (const base of [`${stem}.yaml`, `${stem}.yml`]) {
    if ((await files.facts(base).catch(() => null)) !== null) return base;
  }
  return path;
}

function isOverride(name: string): boolean {
  return /^(docker-)?compose\.override\.ya?ml$/.test(basename(name));
}
