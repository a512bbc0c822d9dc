import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { TreeFile } from '../../src/io/tree.ts';
import type { World } from '../../src/io/world.ts';
import type { RenderedProject } from '../../src/render/render-project.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { readOverrides } from '../../src/usecases/floor.ts';
import {
  imageReference,
  renderPrepared,
  secretSpecs,
  type PreparedProject,
} from '../../src/usecases/prepare.ts';
import { loadProject, type Project } from '../../src/usecases/project.ts';

export const root = join(import.meta.dirname, '../..');

/** A world with real files and nothing else: reading a project needs no more. */
export const fileWorld = { files: nodeFileSystem() } as unknown as World;

/** The files of a project folder by their path in it. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** Writes the files into a folder, in their order. */
export async function writeProject(directory: string, files: ProjectFiles): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

/** Puts the tests' own application into a project folder. */
export async function addSample(directory: string): Promise<void> {
  await cp(join(root, 'test/fixtures/services'), join(directory, 'services'), { recursive: true });
}

/** What a secret holds in every fixture: its own name, so that a leak shows whose it is. */
export function fixtureSecret(name: string): string {
  return `fixture-${name}`;
}

/** Secret specifications, engine facts, image digests and secret values that never change. */
export async function prepareFixture(directory: string): Promise<PreparedProject> {
  const project = await loadProject(fileWorld, root, {
    directory,
    envPath: join(directory, '.env'),
  });
  return {
    project,
    secrets: { read: async (name: string) => fixtureSecret(name) } as unknown as SecretStore,
    specs: secretSpecs(project.stack),
    versionKey: new Uint8Array(32).fill(7),
    ownership: new Map(),
    host: { socketGroup: 999 },
    imageLock: Object.fromEntries(
      project.stack.services.map((service) => {
        const reference = imageReference(project, service);
        return [reference, `sha256:${createHash('sha256').update(reference).digest('hex')}`];
      }),
    ),
    overrides: await readOverrides(fileWorld.files, project),
  };
}

/** The project that {@link renderFiles} loads, and what it renders. */
export interface Rendering extends RenderedProject {
  project: Project;
}

/** Loads and renders a project that consists of the files. */
export async function renderFiles(
  files: ProjectFiles,
  options: { sample?: boolean } = {},
): Promise<Rendering> {
  const directory = await mkdtemp(join(tmpdir(), 'jacker-render-'));
  try {
    await writeProject(directory, files);
    if (options.sample) await addSample(directory);
    const prepared = await prepareFixture(directory);
    return { project: prepared.project, ...(await renderPrepared(prepared)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Both trees as one, in path order. */
export function allFiles({ tree, secret }: RenderedProject): [string, TreeFile][] {
  return [...tree, ...secret].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One rendered file's text; throws where it is not there. */
export function fileOf(rendered: RenderedProject, path: string): string {
  const file = rendered.tree.get(path) ?? rendered.secret.get(path);
  if (!file) throw new Error(`${path} is not rendered`);
  return file.content;
}
