import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { nodeWorld } from '../../src/io/node-world.ts';
import { root } from '../render/project-fixture.ts';

it('a hint or a remedy names no command that there is not', async () => {
  const world = nodeWorld({ color: 'never' });
  const host = { world, workingDirectory: root, version: '0' };
  const { commands } = createProgram(host, { exitCode: 0 });
  world.close();
  const find = (list: typeof commands, word: string) =>
    list.find((command) => [command.name(), ...command.aliases()].includes(word));
  const files = await readdir(join(root, 'src'), { recursive: true });
  let named = 0;
  const wrong: string[] = [];
  for (const file of files.filter((one) => one.endsWith('.ts'))) {
    const text = await readFile(join(root, 'src', file), 'utf8');
    for (const [line] of text.matchAll(/\b(hint|remedy)\b.*(\n +['"`].*)?/gi)) {
      for (const [said, first = '', second] of line.matchAll(
        /(?<![-/\w])jacker ([a-z]+)(?: ([a-z]+))?/g,
      )) {
        named++;
        const command = find(commands, first);
        const group = command?.commands ?? [];
        if (!command || (group.length > 0 && !find(group, second ?? ''))) {
          wrong.push(`${file}: ${said}`);
        }
      }
    }
  }
  expect(named).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});
