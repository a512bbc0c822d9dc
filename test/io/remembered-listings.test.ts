import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FileSystem } from '../../src/io/file-system.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { rememberListings } from '../../src/io/remembered-listings.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function watched(): Promise<{ folder: string; files: FileSystem; looked: string[] }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'app'));
  await writeFile(join(folder, 'app/compose.yml'), 'services: {}\n');
  const looked: string[] = [];
  const disk = nodeFileSystem();
  const files = rememberListings({
    ...disk,
    facts: (path) => {
      looked.push(path);
      return disk.facts(path);
    },
  });
  return { folder, files, looked };
}

it('does not look for what a listing has not', async () => {
  const { folder, files, looked } = await watched();
  expect(await files.list(join(folder, 'app'))).toEqual(['compose.yml']);
  expect(await files.facts(join(folder, 'app/.env'))).toBeNull();
  expect(looked).toEqual([]);
});

it('looks for what a listing has, in whichever case, and where none was made', async () => {
  const { folder, files, looked } = await watched();
  await files.list(join(folder, 'app'));
  expect((await files.facts(join(folder, 'app/compose.yml')))?.kind).toBe('file');
  await files.facts(join(folder, 'app/Compose.yml'));
  expect((await files.facts(join(folder, 'app')))?.kind).toBe('directory');
  expect(looked).toHaveLength(3);
});

it('does not remember a folder of very many names', async () => {
  const { folder, files, looked } = await watched();
  for (let index = 0; index < 201; index++) await writeFile(join(folder, `app/${index}`), '');
  await files.list(join(folder, 'app'));
  await files.facts(join(folder, 'app/.env'));
  expect(looked).toHaveLength(1);
});
