import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folders of the package that rendering reads. */
const folders = ['compose', 'config', 'templates'];

/** What the build has prepared from the package's files, so that no start has to do it again. */
export interface PreparedPackage {
  files: Record<string, string>;
  /** The parsed and checked service files, in name order. */
  services: unknown[];
}

/** The package's files, and what the build prepared from them; null where nothing was built. */
export interface PackageContent {
  files: Map<string, string>;
  services: unknown[] | null;
  /** Loads the compiled templates by their path. */
  compiledTemplates: (() => Promise<Record<string, object>>) | null;
}

/** Names in `dist/` of what the build prepares. */
export const preparedFiles = { content: 'package-content.json', templates: 'templates.js' };

/** The folder of the installed package: the nearest one above this module with its package.json. */
export function packageRoot(start: string = import.meta.dirname): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const parsed = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
      if (parsed.name === 'jacker') return folder;
    }
    if (folder === dirname(folder)) throw new Error(`no package above ${start}`);
  }
}

/**
 * Every template and static file that travels with the package, by its path in the package. Run
 * from source the files themselves are read; run from the bundle, what the build made of them.
 */
export async function readPackage(root: string): Promise<PackageContent> {
  if (import.meta.filename.endsWith('.ts')) {
    return { files: await readPackageFiles(root), services: null, compiledTemplates: null };
  }
  const dist = join(root, 'dist');
  const text = await readFile(join(dist, preparedFiles.content), 'utf8');
  const { files, services } = JSON.parse(text) as PreparedPackage;
  return {
    files: new Map(Object.entries(files)),
    services,
    compiledTemplates: async () => {
      const url = pathToFileURL(join(dist, preparedFiles.templates)).href;
      return ((await import(url)) as { default: Record<string, object> }).default;
    },
  };
}

/** The package's files as they are in its folders. */
export async function readPackageFiles(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory()) await visit(path);
        else files.set(path, await readFile(join(root, path), 'utf8'));
      }),
    );
  };
  await Promise.all(folders.map((folder) => visit(folder)));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
