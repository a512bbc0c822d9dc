import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

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
  compiledTemplates: (() => Record<string, object>) | null;
}

/** Names in `dist/` of what the build prepares. */
export const preparedFiles = { content: 'package-content.json', templates: 'templates.cjs' };

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
export function readPackage(root: string): PackageContent {
  if (import.meta.filename.endsWith('.ts')) {
    return { files: readPackageFiles(root), services: null, compiledTemplates: null };
  }
  const dist = join(root, 'dist');
  const text = readFileSync(join(dist, preparedFiles.content), 'utf8');
  const { files, services } = JSON.parse(text) as PreparedPackage;
  return {
    files: new Map(Object.entries(files)),
    services,
    compiledTemplates: () =>
      createRequire(import.meta.filename)(join(dist, preparedFiles.templates)) as Record<
        string,
        object
      >,
  };
}

/** The package's files as they are in its folders. */
export function readPackageFiles(root: string): Map<string, string> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(
    files
      .map((file) => [relative(root, file), readFileSync(file, 'utf8')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
