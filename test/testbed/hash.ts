import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Hashes the names and contents of every file in a folder, plus what else the result depends on. */
export async function hashFolder(folder: string, ...inputs: string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(inputs));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('/node_modules/'))
    .sort();
  for (const file of files) {
    const bytes = await readFile(file);
    hash.update(`\0${file.slice(folder.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}
