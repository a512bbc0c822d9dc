import { dirname, join } from 'node:path/posix';
import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { FileTree, TreeFile } from '../io/tree.ts';
import type { World } from '../io/world.ts';
import { keyedDigest, plainDigest } from './digest.ts';
import type { ContentDigest } from './digest.ts';
import { formatManifest, parseManifest, unreadableHint } from './generation-manifest.ts';
import type { FileRecord, GenerationManifest } from './generation-manifest.ts';
import {
  generationName,
  generationNumber,
  privateFileMode,
  privateFolderMode,
  projectLayout,
  secretsFolder,
} from './layout.ts';
import { checkTreePaths } from './tree-path.ts';

/** What generations need of the world. */
export type GenerationContext = Pick<World, 'files'>;

/** A stored secret file is only ever read back. */
const storedSecretMode = 0o400;

/** A generation to be stored. */
export interface NewGeneration {
  /** Greater than every number in use: history is only ever added to. */
  number: number;
  createdAt: Date;
  reason: string;
  /** Generated files; none under `secrets/`. */
  tree: FileTree;
  /** Generated files with secrets inside; all under `secrets/`. */
  secretTree: FileTree;
  /** The secrets that it was rendered from, all under `secrets/`: going back brings them back, too. */
  secretInputs?: FileTree;
  images: Readonly<Record<string, string>>;
  settingsDigest: string;
  /** The key of the secret files' hashes in the manifest; 16 bytes or more. */
  digestKey: Uint8Array;
}

/** A generation as it was stored, checked. */
export interface LoadedGeneration {
  manifest: GenerationManifest;
  tree: FileTree;
  secretTree: FileTree;
  secretInputs: FileTree;
}

/** A path of the secret tree inside a generation's own folder under `secrets/`. */
function withoutSecretsFolder(path: string): string {
  return path.slice(secretsFolder.length + 1);
}

/** The digest and mode of every file of a tree. */
export function recordsOf(tree: FileTree, digest: ContentDigest): Record<string, FileRecord> {
  const entries = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([path, file]) => [path, { digest: digest(file.content), mode: file.mode }]),
  );
}

async function writeTree(
  files: FileSystem,
  folder: string,
  tree: Iterable<readonly [string, TreeFile]>,
  mode: number,
): Promise<void> {
  await files.makeDirectory(folder, privateFolderMode);
  for (const [path, file] of tree) {
    const target = join(folder, path);
    await files.makeDirectory(dirname(target), privateFolderMode);
    await files.write(target, file.content, { mode });
  }
}

/**
 * Stores a generation; the caller holds the lock. It is there completely or not at all: what a
 * killed process leaves is not listed, and removed by `removeLeftovers`.
 *
 * @throws JackerError `project-invalid` for a path outside its part of the project folder;
 *   `conflict` where the number is taken
 */
export async function storeGeneration(
  context: GenerationContext,
  projectDir: string,
  generation: NewGeneration,
): Promise<GenerationManifest> {
  const { files } = context;
  const { number, tree, secretTree, secretInputs = new Map<string, TreeFile>() } = generation;
  checkTreePaths(tree.keys(), 'public');
  checkTreePaths(secretTree.keys(), 'secret');
  checkTreePaths(secretInputs.keys(), 'secret');
  const keyed = keyedDigest(generation.digestKey);
  const layout = projectLayout(projectDir).generation(number);
  if ((await files.facts(layout.folder)) !== null) {
    throw new JackerError('conflict', {
      what: `Generation ${number} is stored already`,
      where: { file: layout.folder },
    });
  }
  const manifest: GenerationManifest = {
    version: 1,
    number,
    createdAt: generation.createdAt.toISOString(),
    reason: generation.reason,
    settingsDigest: generation.settingsDigest,
    images: { ...generation.images },
    files: recordsOf(tree, plainDigest),
    secretFiles: recordsOf(secretTree, keyed),
    ...(secretInputs.size > 0 ? { secretInputs: recordsOf(secretInputs, keyed) } : {}),
  };
  const half = `${layout.folder}.tmp`;
  const halfSecrets = `${layout.secretTree}.tmp`;
  // Without its public half a secret tree belongs to no generation: a killed process left it.
  for (const leftover of [half, halfSecrets, layout.secretTree]) await files.removeTree(leftover);

  const secretEntries = [...secretInputs, ...secretTree].map(
    ([path, file]) => [withoutSecretsFolder(path), file] as const,
  );
  await writeTree(files, halfSecrets, secretEntries, storedSecretMode);
  await writeTree(files, join(half, 'tree'), tree, privateFileMode);
  await files.write(join(half, 'manifest.json'), formatManifest(manifest), {
    mode: privateFileMode,
  });
  // The second rename is the moment from which the generation exists.
  await files.rename(halfSecrets, layout.secretTree);
  await files.rename(half, layout.folder);
  return manifest;
}

/**
 * The manifest of a stored generation; its files are not read.
 *
 * @throws JackerError `project-invalid` where there is none, or it is damaged
 */
export async function readManifest(
  context: GenerationContext,
  projectDir: string,
  number: number,
): Promise<GenerationManifest> {
  const path = projectLayout(projectDir).generation(number).manifest;
  const text = await context.files.readText(path);
  if (text === null) {
    throw new JackerError('project-invalid', {
      what: `There is no generation ${number}`,
      where: { file: path },
      hint: unreadableHint,
    });
  }
  return parseManifest(text, path);
}

async function readTree(
  files: FileSystem,
  expected: Readonly<Record<string, FileRecord>>,
  pathOf: (path: string) => string,
  digest: ContentDigest,
): Promise<{ tree: Map<string, TreeFile>; problems: Problem[] }> {
  const tree = new Map<string, TreeFile>();
  const problems: Problem[] = [];
  for (const [path, record] of Object.entries(expected)) {
    const content = await files.read(pathOf(path));
    if (content !== null && digest(content) === record.digest) {
      tree.set(path, { content: Buffer.from(content).toString('utf8'), mode: record.mode });
      continue;
    }
    problems.push({
      what: 'A file of a generation is damaged',
      where: { file: pathOf(path) },
      why: content === null ? 'it is missing' : 'its content does not match the manifest',
      hint: unreadableHint,
    });
  }
  return { tree, problems };
}

/**
 * Reads a generation back and checks every file against the manifest.
 *
 * @param digestKey the key that it was stored with
 * @throws JackerError `project-invalid` with a problem per damaged or missing file
 */
export async function loadGeneration(
  context: GenerationContext,
  projectDir: string,
  number: number,
  digestKey: Uint8Array,
): Promise<LoadedGeneration> {
  const { files } = context;
  const layout = projectLayout(projectDir).generation(number);
  const manifest = await readManifest(context, projectDir, number);
  if (manifest.number !== number) {
    throw new JackerError('project-invalid', {
      what: `The manifest of generation ${number} is that of generation ${manifest.number}`,
      where: { file: layout.manifest },
    });
  }
  checkTreePaths(Object.keys(manifest.files), 'public');
  const { secretInputs = {} } = manifest;
  checkTreePaths(Object.keys(manifest.secretFiles), 'secret');
  checkTreePaths(Object.keys(secretInputs), 'secret');
  const visible = await readTree(
    files,
    manifest.files,
    (path) => join(layout.tree, path),
    plainDigest,
  );
  const readSecret = (expected: Readonly<Record<string, FileRecord>>) =>
    readTree(
      files,
      expected,
      (path) => join(layout.secretTree, withoutSecretsFolder(path)),
      keyedDigest(digestKey),
    );
  const secret = await readSecret(manifest.secretFiles);
  const inputs = await readSecret(secretInputs);
  const problems = [...visible.problems, ...secret.problems, ...inputs.problems];
  if (problems.length > 0) throw new JackerError('project-invalid', problems);
  return {
    manifest,
    tree: visible.tree,
    secretTree: secret.tree,
    secretInputs: inputs.tree,
  };
}

/** The numbers of the stored generations, oldest first. */
export async function listGenerations(
  context: GenerationContext,
  projectDir: string,
): Promise<number[]> {
  const names = await context.files.list(projectLayout(projectDir).generations);
  return names
    .map(generationNumber)
    .filter((number) => number !== null)
    .sort((a, b) => a - b);
}

/**
 * The number of the generation in force; `null` before the first one.
 *
 * @throws JackerError `project-invalid` where the record is not a number
 */
export async function currentGeneration(
  context: GenerationContext,
  projectDir: string,
): Promise<number | null> {
  const path = projectLayout(projectDir).currentGeneration;
  const text = await context.files.readText(path);
  if (text === null) return null;
  const number = generationNumber(text.trim());
  if (number !== null) return number;
  throw new JackerError('project-invalid', {
    what: 'The record of the current generation is damaged',
    where: { file: path },
    why: 'it does not hold the number of a generation',
    hint: 'Write the name of the folder in .jacker/generations of the generation that runs into it: the last one, as a rule.',
  });
}

/**
 * Records the generation in force, atomically.
 *
 * @throws JackerError `project-invalid` where that generation is not stored
 */
export async function setCurrent(
  context: GenerationContext,
  projectDir: string,
  number: number,
): Promise<void> {
  await readManifest(context, projectDir, number);
  await context.files.write(
    projectLayout(projectDir).currentGeneration,
    `${generationName(number)}\n`,
    { mode: privateFileMode },
  );
}

/**
 * Removes the oldest generations beyond the newest `keep`; never the current one, nor one in
 * `protect` (the last verified one, say). Answers the removed numbers. The caller holds the lock.
 */
export async function pruneGenerations(
  context: GenerationContext,
  projectDir: string,
  keep: number,
  protect: readonly number[] = [],
): Promise<number[]> {
  if (!Number.isInteger(keep) || keep < 1) throw new RangeError('keep at least one generation');
  const { files } = context;
  const current = await currentGeneration(context, projectDir);
  const removed = (await listGenerations(context, projectDir))
    .slice(0, -keep)
    .filter((number) => number !== current && !protect.includes(number));
  for (const number of removed) {
    const layout = projectLayout(projectDir).generation(number);
    // From the rename on it is a leftover, however far the rest gets.
    await files.rename(layout.folder, `${layout.folder}.tmp`);
    await files.removeTree(layout.secretTree);
    await files.removeTree(`${layout.folder}.tmp`);
  }
  return removed;
}
