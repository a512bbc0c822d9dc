import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('finds every file that the documents link to', async () => {
  const names = [
    ...(await readdir(root)),
    ...(await readdir(join(root, 'docs'))).map((name) => `docs/${name}`),
  ];
  const links: { from: string; to: string }[] = [];
  for (const from of names.filter((name) => name.endsWith('.md'))) {
    const text = await readFile(join(root, from), 'utf8');
    for (const [, to = ''] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(to)) links.push({ from, to });
    }
  }
  expect(links).toContainEqual({ from: 'README.md', to: 'docs/audit.md' });
  const lost = links.filter(({ from, to }) => !existsSync(join(root, dirname(from), to)));
  expect(lost).toEqual([]);
});
