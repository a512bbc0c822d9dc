import { expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { controls } from '../../src/controls/registry.ts';
import { stackOf } from '../compose/stack-of.ts';
import { corpusFile, corpusNames } from '../remedy/corpus.ts';

/** Names that may stand where a finding is: its keys, or what it is about. */
function mayStand(path: readonly string[], subject: string): string[] {
  return [...path, subject]
    .flatMap((name) => [name, name.split(/[ .:/=]/)[0] ?? ''])
    .filter(Boolean);
}

it.each(corpusNames)('%s: each finding stands at a line that is about it', async (name) => {
  const { text } = corpusFile(name);
  const stack = await stackOf({ 'compose.yml': text });
  const { findings } = auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const lost: string[] = [];
  for (const { control, subject, path, position } of findings) {
    const { file, line, column, endLine, endColumn } = position;
    const first = lines[line - 1] ?? '';
    const last = lines[endLine - 1] ?? '';
    const inFile =
      file === 'compose.yml' && column <= first.length + 1 && endColumn <= last.length + 1;
    const ordered = line < endLine || (line === endLine && column <= endColumn);
    // The value itself may stand there, under the key: then the key is just above.
    const around = lines.slice(Math.max(0, line - 2), endLine).join('\n');
    const isEntry = /^\d+$/.test(path.at(-1) ?? '') && first.trimStart().startsWith('- ');
    const about =
      path.length === 0 || isEntry || mayStand(path, subject).some((word) => around.includes(word));
    if (!inFile || !ordered || !about) {
      lost.push(`${control} ${subject} ${path.join('.')} at ${file}:${line}:${column}: ${first}`);
    }
  }
  expect(lost).toEqual([]);
  expect(findings.length).toBeGreaterThan(0);
});
