import { dirname, join } from 'node:path/posix';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { FileTree } from '../io/tree.ts';
import { plainDigest } from './digest.ts';
import type { ContentDigest } from './digest.ts';
import type { FileRecord } from './generation-manifest.ts';
import { secretsFolder } from './layout.ts';
import { checkTreePaths, obstacle } from './tree-path.ts';
import type { TreePart } from './tree-path.ts';

/** What happens to one generated file. It holds no content: plans are shown. */
export interface TreeChange {
  /** Relative to the project folder. */
  path: string;
  part: TreePart;
  /** `mode`: the content stays, the permission bits change. */
  kind: 'create' | 'update' | 'mode' | 'delete' | 'unchanged';
  /**
   * A person changed, removed or put the file there: what is on the disk is neither what the last
   * generation wrote nor what is wanted.
   */
  edited: boolean;
  /** What is on the disk; `null` where nothing is. */
  from: FileRecord | null;
  /** What is wanted; `null` where the file goes. */
  to: FileRecord | null;
}

/** Options of {@link compareTree} for the tree with secrets inside. */
export interface SecretComparison {
  part: 'secret';
  /** The keyed digest that the last generation's manifest was made with. */
  digest: ContentDigest;
}

function same(a: FileRecord | null, b: FileRecord | null): boolean {
  return a?.digest === b?.digest && a?.mode === b?.mode;
}

function kindOf(from: FileRecord | null, to: FileRecord | null): TreeChange['kind'] {
  if (to === null) return 'delete';
  if (from === null) return 'create';
  if (from.digest !== to.digest) return 'update';
  return from.mode === to.mode ? 'unchanged' : 'mode';
}

async function recordOnDisk(
  files: FileSystem,
  path: string,
  digest: ContentDigest,
): Promise<FileRecord | null> {
  const facts = await files.facts(path);
  const content = facts === null ? null : await files.read(path);
  return facts === null || content === null ? null : { digest: digest(content), mode: facts.mode };
}

/**
 * Compares the files on the disk with the wanted ones, and with those of the last generation;
 * sorted by path. A file that the last generation wrote and that is no longer wanted is deleted;
 * files that no generation wrote are left alone.
 *
 * @param previous the manifest of the last generation; for the secret tree its `secretFiles`
 *   in the place of `files`; `null` before the first one
 * @throws JackerError `project-invalid` with a problem per refused path: outside the project
 *   folder, behind a symbolic link, or where something other than a file is
 */
export async function compareTree(
  files: FileSystem,
  projectDir: string,
  wanted: FileTree,
  previous: { readonly files: Readonly<Record<string, FileRecord>> } | null,
  comparison: SecretComparison | { part: 'public' } = { part: 'public' },
): Promise<TreeChange[]> {
  const { part } = comparison;
  const digest = comparison.part === 'secret' ? comparison.digest : plainDigest;
  const written = new Map(Object.entries(previous?.files ?? {}));
  const paths = [...new Set([...wanted.keys(), ...written.keys()])].sort();
  checkTreePaths(paths, part);
  const obstacles = await Promise.all(paths.map((path) => obstacle(files, projectDir, path)));
  const problems = obstacles.filter((problem) => problem !== null);
  if (problems.length > 0) throw new JackerError('project-invalid', problems);

  const compared = paths.map(async (path): Promise<TreeChange | null> => {
    const file = wanted.get(path);
    const from = await recordOnDisk(files, join(projectDir, path), digest);
    const to = file === undefined ? null : { digest: digest(file.content), mode: file.mode };
    if (from === null && to === null) return null;
    const edited = !same(from, to) && !same(from, written.get(path) ?? null);
    return { path, part, kind: kindOf(from, to), edited, from, to };
  });
  return (await Promise.all(compared)).filter((change) => change !== null);
}

/**
 * Brings one file to its wanted state; repeating it does no harm. Folders that become empty stay,
 * because a running container may have mounted them.
 *
 * @param wanted the tree that the change was made from
 * @throws JackerError `project-invalid` where the way to the file has become unsafe meanwhile
 */
export async function applyTreeChange(
  files: FileSystem,
  projectDir: string,
  change: TreeChange,
  wanted: FileTree,
): Promise<void> {
  if (change.kind === 'unchanged') return;
  checkTreePaths([change.path], change.part);
  const problem = await obstacle(files, projectDir, change.path);
  if (problem !== null) throw new JackerError('project-invalid', problem);
  const path = join(projectDir, change.path);
  if (change.kind === 'delete') return files.remove(path);
  const file = wanted.get(change.path);
  if (file === undefined) throw new RangeError(`${change.path} is not in the wanted tree`);
  if (change.kind === 'mode') return files.setMode(path, file.mode);
  await makeParents(files, projectDir, change.path);
  await files.write(path, file.content, { mode: file.mode });
}

/** Secrets are nobody else's to list; other files are mounted into containers of other users. */
async function makeParents(files: FileSystem, projectDir: string, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent === '.') return;
  const mode = path.startsWith(`${secretsFolder}/`) ? 0o700 : 0o755;
  await files.makeDirectory(join(projectDir, parent), mode);
}
