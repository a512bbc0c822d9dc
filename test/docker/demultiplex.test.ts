import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demultiplex } from '../../src/docker/demultiplex.ts';

function frame(stream: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

describe('the engine’s multiplexed output', () => {
  it('comes apart whole, wherever frames cut it', () => {
    const parts = fc.array(
      fc.record({
        stream: fc.constantFrom(1, 2),
        text: fc.string({ unit: 'binary', maxLength: 20 }),
        cut: fc.nat(20),
      }),
    );
    fc.assert(
      fc.property(parts, (pieces) => {
        const frames = pieces.flatMap(({ stream, text, cut }) => {
          const bytes = Buffer.from(text);
          return [frame(stream, bytes.subarray(0, cut)), frame(stream, bytes.subarray(cut))];
        });
        const all = (stream: number) =>
          pieces.flatMap((piece) => (piece.stream === stream ? [piece.text] : [])).join('');
        const seen = demultiplex(Buffer.concat(frames));
        const expected = (stream: number) => Buffer.from(all(stream)).toString('utf8');
        expect(seen).toEqual({ stdout: expected(1), stderr: expected(2) });
      }),
    );
  });

  it.each([
    ['ends inside a header', frame(1, Buffer.from('abc')).subarray(0, 5)],
    ['ends inside a frame', frame(1, Buffer.from('abc')).subarray(0, 10)],
    ['is a terminal’s plain text', Buffer.from('hello from a terminal')],
  ])('is refused where it %s', (_, bytes) => {
    expect(() => demultiplex(bytes)).toThrow();
  });
});
