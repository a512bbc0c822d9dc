import fc from 'fast-check';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { controls } from '../../src/controls/registry.ts';
import { stackOf } from '../compose/stack-of.ts';

const corpus = join(import.meta.dirname, '../corpus');
const marks = Buffer.from('\n\t :-{}[]&*!|>%#"\'$<,?');
const spot = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const change = fc.record({
  kind: fc.constantFrom('flip', 'drop', 'double', 'move', 'insert'),
  at: spot,
  to: spot,
  length: fc.integer({ min: 1, max: 12 }),
  byte: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    { weight: 9, arbitrary: fc.integer({ min: 32, max: 126 }) },
    { weight: 5, arbitrary: fc.constantFrom(...marks) },
  ),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** A text with one change of its bytes. */
function mutate(text: Uint8Array, { kind, at, to, length, byte }: Change): Uint8Array {
  const from = Math.floor(at * text.length);
  const target = Math.floor(to * text.length);
  const before = text.subarray(0, from);
  const piece = text.subarray(from, from + length);
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Uint8Array.of(byte), text.subarray(from + 1)]);
    case 'drop':
      return Buffer.concat([before, text.subarray(from + length)]);
    case 'double':
      return Buffer.concat([before, piece, text.subarray(from)]);
    case 'move':
      return Buffer.concat([text.subarray(0, target), piece, text.subarray(target)]);
    case 'insert':
      return Buffer.concat([before, Uint8Array.of(byte), text.subarray(from)]);
  }
}

it('answers whatever bytes of a real stack are changed, lost, doubled or moved', async () => {
  const names = (await readdir(corpus, { recursive: true })).filter((one) => /\.ya?ml$/.test(one));
  expect(names.length).toBeGreaterThan(10);
  const texts = await Promise.all(names.map((name) => readFile(join(corpus, name))));
  let judged = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Uint8Array>(...texts),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (text, changes) => {
        const started = process.cpuUsage();
        const stack = await stackOf({ 'compose.yml': changes.reduce(mutate, text) });
        const report = auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
        const { user, system } = process.cpuUsage(started);
        expect(report.gaps.filter((gap) => gap.what.includes('cannot judge'))).toEqual([]);
        expect(report.readable || report.gaps.length > 0).toBe(true);
        if (report.services > 0) judged++;
        expect((user + system) / 1e6).toBeLessThan(5);
      },
    ),
    { numRuns: 3000 },
  );
  // Most must get past the parser: what it refuses says nothing about what comes after it.
  expect(judged).toBeGreaterThan(800);
});
