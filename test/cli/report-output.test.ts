import { expect, it } from 'vitest';
import { blocksOf } from '../../src/cli/report-output.ts';

function written(pieces: readonly string[]): { text: string; blocks: number } {
  const kept: Uint8Array[] = [];
  const blocks = blocksOf((block) => kept.push(block));
  for (const piece of pieces) blocks.add(piece);
  blocks.end();
  return { text: Buffer.concat(kept).toString('utf8'), blocks: kept.length };
}

it('puts pieces together in their order, whatever their characters and lengths', () => {
  const pieces = [
    'a',
    '…',
    '',
    '\u{1F510}'.repeat(7),
    'ß'.repeat(50_000),
    ',',
    'x'.repeat(400_000),
  ];
  const many = Array.from({ length: 40 }, () => pieces).flat();
  expect(written(many).text).toBe(many.join(''));
});

it('makes few blocks of many pieces, and none of nothing', () => {
  expect(written(Array.from({ length: 100_000 }, () => 'abc,')).blocks).toBeLessThan(8);
  expect(written([]).blocks).toBe(0);
});
