import { parse } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { entryOf, parseEnvFile } from '../../src/settings/env-file.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    parseEnvFile(bytes(text), '.env').entries.map(({ key, value }) => [key, value]),
  );

function failureOf(input: Uint8Array): JackerError {
  try {
    parseEnvFile(input, '.env');
  } catch (error) {
    if (error instanceof JackerError) return error;
    throw error;
  }
  throw new Error('the input was accepted');
}

describe('a .env file that is in order', () => {
  it.each([
    ['unquoted', 'A=b', { A: 'b' }],
    ['blanks around', '  A  =  b c  ', { A: 'b c' }],
    ['a comment after a value', 'A=b # c', { A: 'b' }],
    ['a # that touches the value', 'A=b#c', { A: 'b' }],
    ['a # in quotes', 'A="b # c"#d', { A: 'b # c' }],
    ['no value', 'A=\nB=  # c\nC=', { A: '', B: '', C: '' }],
    ['single quotes', 'A=\'b\\n$C "d"\'', { A: 'b\\n$C "d"' }],
    ['double quotes', 'A="b\\nc\\rd\\te"', { A: 'b\nc\rd\\te' }],
    ['backticks', 'A=`b\'c"d`', { A: 'b\'c"d' }],
    ['export', 'export A=b\nexport\tB=c\nexport=d', { A: 'b', B: 'c', export: 'd' }],
    ['several lines', 'A="b\nc=d\n# e"\nF=g', { A: 'b\nc=d\n# e', F: 'g' }],
    ['CRLF', 'A=b\r\nC="d\r\ne"\r\n', { A: 'b', C: 'd\ne' }],
    ['a byte order mark', '\uFEFFA=b', { A: 'b' }],
    ['an escaped quote', 'A="b\\"c"', { A: 'b\\"c' }],
    ['text beyond ASCII', 'A=é👍', { A: 'é👍' }],
    ['= in a value', 'A=b=c==', { A: 'b=c==' }],
    ['nothing', '', {}],
    ['comments only', '# A=b\n\n  # c', {}],
  ])('%s', (_, text, expected) => {
    expect(valuesOf(text)).toEqual(expected);
    expect(parse(text)).toEqual(expected);
  });

  it('never expands or runs anything', () => {
    const text = 'A=$(touch /tmp/x)\nB=${HOME}\nC="$HOME `id`"\nD=`$(id)`\nE=`whoami`';
    expect(valuesOf(text)).toEqual({
      A: '$(touch /tmp/x)',
      B: '${HOME}',
      C: '$HOME `id`',
      D: '$(id)',
      E: 'whoami',
    });
  });

  it('tells where each entry is', () => {
    const env = parseEnvFile(bytes('\uFEFF# c\r\n export A = "b\r\nc" # d\r\nE=f'), '.env');
    expect(entryOf(env, 'A')).toMatchObject({ line: 2, column: 9 });
    expect(entryOf(env, 'E')).toMatchObject({ line: 4, column: 1 });
    const { valueStart, valueEnd } = entryOf(env, 'A')!;
    expect(env.text.slice(valueStart, valueEnd)).toBe('"b\r\nc"');
    expect(entryOf(env, 'B')).toBeUndefined();
    expect(entryOf(null, 'A')).toBeUndefined();
  });

  it('takes names that objects know without confusion', () => {
    const env = parseEnvFile(bytes('__proto__=a\nconstructor=b'), '.env');
    expect(env.entries.map(({ key, value }) => `${key}=${value}`)).toEqual([
      '__proto__=a',
      'constructor=b',
    ]);
  });

  const piece = fc.oneof(
    fc.constantFrom(
      ...['A=', 'B=', 'export ', 'C =', '\n', '\r\n', '\r', '"', "'", '`', '\\', '#', '=', ' '],
      ...['\t', 'x', '\\n', '\\r', '$', '\u00a0', '\u2028', '\uFEFF', ':', '\v', 'é'],
    ),
    fc.string({ maxLength: 4 }),
  );

  it('means what dotenv takes it to mean, whatever is accepted', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        // Most random texts are refused; beginning with a name lets many through.
        const text = `A=${pieces.join('').replaceAll('A=', 'D=')}`;
        let read: Record<string, string>;
        try {
          read = valuesOf(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JackerError);
          return;
        }
        accepted += 1;
        expect(read).toEqual(parse(text));
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(2000);
  });

  it('means what dotenv takes it to mean, for several well-formed lines', () => {
    const inner = fc.array(
      fc.constantFrom('a', ' ', '#', '$', '=', '\\', '\n', '\r\n', '\\n', 'é', '{', '\u2028'),
      { maxLength: 8 },
    );
    const value = fc
      .tuple(inner, fc.constantFrom('', '"', "'", '`'))
      .map(([parts, quote]) =>
        quote === ''
          ? parts.join('').replace(/[\r\n\u2028]/g, '')
          : quote + parts.join('').replace(/\\+$/, '') + quote,
      );
    const comment = fc.constantFrom('', ' # it\'s "x"', '#', '  ');
    fc.assert(
      fc.property(fc.array(fc.tuple(value, comment), { maxLength: 5 }), (lines) => {
        const text = lines.map(([one, end], i) => `K${String(i)}=${one}${end}\n`).join('# "\n');
        expect(valuesOf(text)).toEqual(parse(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a .env file that is not in order', () => {
  const long = 'x'.repeat(64 * 1024);
  it.each<[string, string | Uint8Array, object[]]>([
    [
      'a name twice',
      'A=b\nC=d\nA=e',
      [
        {
          what: 'A is set twice, on line 1 and on line 3',
          where: { line: 3, column: 1, key: 'A' },
        },
      ],
    ],
    [
      'a double quote without end',
      'A=b\nC="secret\nD=e',
      [{ what: 'an unterminated " quote', where: { line: 2, column: 3, key: 'C' } }],
    ],
    [
      'a single quote without end, and another on the next line',
      "A='secret\nB='c'",
      [{ what: "an unterminated ' quote", where: { line: 1, column: 3, key: 'A' } }],
    ],
    [
      'a backtick without end',
      'A=`secret',
      [{ what: 'an unterminated ` quote', where: { line: 1, column: 3, key: 'A' } }],
    ],
    [
      'a quote that a backslash keeps open',
      "A='secret\\'",
      [{ what: "an unterminated ' quote", where: { line: 1, column: 3, key: 'A' } }],
    ],
    [
      'text after a quote',
      'A="b" secret',
      [{ what: 'text after the closing quote', where: { line: 1, column: 7, key: 'A' } }],
    ],
    [
      'a line without =',
      'A=b\nsecret words\n',
      [{ what: 'a line of 12 characters without =', where: { line: 2, column: 1 } }],
    ],
    [
      'a line with = in its comment only',
      'A # b=c',
      [{ what: 'a line of 7 characters without =', where: { line: 1, column: 1 } }],
    ],
    ['YAML', 'A: b=c', [{ what: 'the character ":" in a name', where: { line: 1, column: 2 } }]],
    [
      'a hyphen in a name',
      '  MY-KEY=b',
      [
        {
          what: 'the character "-" in a name',
          where: { line: 1, column: 5, key: 'MY-KEY' },
        },
      ],
    ],
    [
      'a digit before a name',
      '1A=b',
      [{ what: 'a name that begins with a digit', where: { line: 1, column: 1 } }],
    ],
    ['no name', '=b', [{ what: 'no name before =', where: { line: 1, column: 1 } }]],
    [
      'a NUL byte',
      'A=b\nC=d\0e',
      [{ what: 'a NUL byte in the text', where: { line: 2, column: 4, key: 'C' } }],
    ],
    [
      'a NUL byte in a value of several lines',
      'A=b\nC="d\n\0e"',
      [{ what: 'a NUL byte in the text', where: { line: 3, column: 1, key: 'C' } }],
    ],
    [
      'Latin-1',
      Uint8Array.from([...bytes('A=b\r\nC=é'), 0xe9, 0x0a, 0xe9]),
      [
        { what: 'a byte that is not UTF-8', where: { line: 2, column: 4, key: 'C' } },
        { what: 'a line of 1 characters without =', where: { line: 3, column: 1 } },
      ],
    ],
    [
      'a character cut at the end',
      Uint8Array.from([...bytes('A=b\nC='), 0xf0, 0x9f]),
      [{ what: 'a byte that is not UTF-8', where: { line: 2, key: 'C' } }],
    ],
    [
      'UTF-16, little endian',
      Uint8Array.from(Buffer.from('\uFEFFA=b\n', 'utf16le')),
      [{ what: 'the file is in UTF-16', where: { line: 1 } }],
    ],
    [
      'UTF-16, big endian',
      Uint8Array.from(Buffer.from('\uFEFFA=b\n', 'utf16le').swap16()),
      [{ what: 'the file is in UTF-16', where: { line: 1 } }],
    ],
    [
      'UTF-16 without a mark',
      Uint8Array.from(Buffer.from('A=b\n', 'utf16le')),
      [{ what: 'the file is in UTF-16', where: { line: 1 } }],
    ],
    [
      'a value over 64 KiB',
      `A=${long}\nB=${long}x`,
      [
        {
          what: 'a value of 65537 bytes; 65536 is the most',
          where: { line: 2, column: 3, key: 'B' },
        },
      ],
    ],
    [
      'a line separator that is hard to see',
      'A=b\u2028B=c',
      [{ what: expect.stringContaining('U+2028') as string, where: { line: 1, column: 4 } }],
    ],
    [
      'several at once',
      'A=b\nnothing\nA=c\n-=d',
      [{ where: { line: 2 } }, { where: { line: 3 } }, { where: { line: 4 } }],
    ],
  ])('%s', (_, input, expected) => {
    const error = failureOf(typeof input === 'string' ? bytes(input) : input);
    expect(error.code).toBe('settings-invalid');
    expect(error.exitCode).toBe(2);
    expect(error.problems).toMatchObject(expected);
    for (const { where, hint } of error.problems) {
      expect(where?.file).toBe('.env');
      expect(hint).toMatch(/^[A-Z].*\.$/);
    }
    expect(error.message).not.toMatch(/secret/);
  });

  it('refuses a value of 1 MB with one sentence that does not hold it', () => {
    const error = failureOf(bytes(`A=${'x'.repeat(1_000_000)}`));
    expect(error.problems).toHaveLength(1);
    expect(error.message.length).toBeLessThan(200);
  });

  it('does not report every line of a value whose quote has no end', () => {
    const error = failureOf(bytes('A="-----BEGIN\nabc def\nghi==\n-----END\nB=c'));
    expect(error.problems.map(({ where }) => where?.line)).toEqual([1]);
  });

  it('shows no piece of a certificate that was pasted without quotes', () => {
    const piece = 'mIIEpAIBAAKCAQEAtx9';
    const error = failureOf(bytes(`A=-----BEGIN\n${piece}\n${piece}=\n${piece}=\n`));
    expect(error.message).not.toContain(piece);
  });

  it('tells how many problems there are beyond the first hundred', () => {
    const error = failureOf(bytes('nothing\n'.repeat(5000)));
    expect(error.problems).toHaveLength(101);
    expect(error.problems.at(-1)?.what).toBe('4900 more problems');
  });

  it('reads bytes of any kind quickly and without any other kind of error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        try {
          parseEnvFile(input, '.env');
        } catch (error) {
          expect(error).toBeInstanceOf(JackerError);
        }
      }),
      { numRuns: 5000 },
    );
    const quotes = 'A="\\"\n'.repeat(100_000);
    const before = performance.now();
    failureOf(bytes(quotes));
    failureOf(bytes(' '.repeat(1_000_000) + 'x'));
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
