import { readdir, readFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folders of the package that rendering reads. */
const folders = ['compose', 'config', 'templates'];

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

/** Every template and static file that travels with the package, by its path in the package. */
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
