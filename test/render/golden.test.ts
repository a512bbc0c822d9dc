import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goldenCases } from './golden-cases.ts';
import { allFiles, renderFiles, root } from './project-fixture.ts';

const golden = join(root, 'test/golden');
const update = process.env['UPDATE_GOLDEN'] === '1';
const howToUpdate =
  'If the change is meant: UPDATE_GOLDEN=1 npx vitest run test/render/golden.test.ts, and read the diff.';
/** Lists the mode of every file; a committed file keeps no more than its executable bit. */
const modesFile = 'MODES';

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe.each(Object.entries(goldenCases))('the rendered project %s', (name, { env, sample }) => {
  const folder = join(golden, name);

  it('is byte for byte the committed one', async () => {
    const rendered = allFiles(await renderFiles({ '.env': env }, sample ? { sample } : {}));
    const expected = new Map<string, string>([
      ...rendered.map(([path, { content }]): [string, string] => [path, content]),
      [
        modesFile,
        rendered
          .map(([path, { mode }]) => `${mode.toString(8).padStart(4, '0')} ${path}\n`)
          .join(''),
      ],
    ]);
    if (update) {
      await rm(folder, { recursive: true, force: true });
      for (const [path, content] of expected) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
    }
    expect(await filesBelow(folder), howToUpdate).toEqual([...expected.keys()].sort());
    for (const [path, content] of expected) {
      expect(await readFile(join(folder, path), 'utf8'), `${path}: ${howToUpdate}`).toBe(content);
    }
  });
});

it('has no committed tree that nobody renders', async () => {
  expect((await readdir(golden)).sort()).toEqual(Object.keys(goldenCases).sort());
});
