import { parse } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { coreSettings } from '../../src/settings/core.ts';
import { expressValue, setInEnv, unsetInEnv } from '../../src/settings/edit.ts';
import { parseEnvFile } from '../../src/settings/env-file.ts';

const valuesOf = (text: string): [string, string][] =>
  parseEnvFile(new TextEncoder().encode(text), '.env').entries.map(({ key, value }) => [
    key,
    value,
  ]);

const document = '# top\n\nexport A = "one" # why\n#B=off\nC=two#note\nD=\'a\nb\'\n\n# end';

describe('setting a value', () => {
  it.each([
    ['in place, with its comment', 'A', 'x', '= "one" # why', '= x # why'],
    ['quoted where needed', 'A', 'x y', '"one"', "'x y'"],
    ['before a comment that touches it', 'C', 'x', 'two#note', 'x #note'],
    ['over several lines', 'D', 'x', "'a\nb'", 'x'],
    ['to one of several lines', 'C', "it's\nx", 'two#note', '"it\'s\nx" #note'],
    ['to nothing', 'C', '', 'C=two#note', 'C=#note'],
    ['that it has already', 'A', 'one', '"one"', '"one"'],
  ])('%s', (_, key, value, before, after) => {
    expect(setInEnv(document, key, value)).toBe(document.replace(before, after));
  });

  it('fills a place that was empty', () => {
    expect(setInEnv('A=# c\nB= # d\nC=', 'A', 'x')).toBe('A=x # c\nB= # d\nC=');
    expect(setInEnv('A=# c\nB= # d\nC=', 'B', 'x')).toBe('A=# c\nB=x # d\nC=');
    expect(setInEnv('A=# c\nB= # d\nC=', 'C', 'x')).toBe('A=# c\nB= # d\nC=x');
  });

  it('adds a line at the end, after a line end if one is missing', () => {
    expect(setInEnv('', 'A', 'x')).toBe('A=x\n');
    expect(setInEnv(document, 'B', 'x')).toBe(`${document}\nB=x\n`);
  });

  it('adds a line below the last one of its group', () => {
    const text = 'HTTP_PORT=1 # a\nDOMAIN=a.example\n# other\nTIMEZONE=UTC';
    expect(setInEnv(text, 'HTTPS_PORT', '2', coreSettings)).toBe(
      text.replace('# a\n', '# a\nHTTPS_PORT=2\n'),
    );
    expect(setInEnv(text, 'PRESET', 'full', coreSettings)).toBe(`${text}\nPRESET=full`);
    expect(setInEnv(text, 'IMAGE_MIRROR', 'm', coreSettings)).toBe(`${text}\nIMAGE_MIRROR=m\n`);
  });

  it('keeps line ends and a byte order mark', () => {
    const text = '\uFEFFA=b\r\nC=d\r\n';
    expect(setInEnv(text, 'E', 'f\ng')).toBe(`${text}E='f\r\ng'\r\n`);
    expect(setInEnv(text, 'A', 'x')).toBe('\uFEFFA=x\r\nC=d\r\n');
    expect(setInEnv('\uFEFF', 'A', 'x')).toBe('\uFEFFA=x\n');
  });

  it('refuses a name that is none, and a text that has problems', () => {
    expect(() => setInEnv('', 'a b', 'x')).toThrow(JackerError);
    expect(() => setInEnv('', 'A=1\nB', 'x')).toThrow(JackerError);
    expect(() => setInEnv('A=1\nA=2', 'A', 'x')).toThrow(/set twice/);
    expect(() => setInEnv("B='", 'A', 'x')).toThrow(/unterminated/);
  });

  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(...["'", '"', '`', '\\', '\n', '\r', '#', ' ', '=', '$', 'n', 'r', 'a']),
        { maxLength: 10 },
      )
      .map((parts) => parts.join('')),
  );
  const value = text.filter((one) => !one.includes('\0'));

  it('reads back exactly, here and by dotenv, or is refused; all else stays', () => {
    let held = 0;
    let refused = 0;
    fc.assert(
      fc.property(value, fc.constantFrom('A', 'C', 'D', 'NEW'), fc.boolean(), (one, key, crlf) => {
        const before = crlf ? document.replaceAll('\n', '\r\n') : document;
        let after: string;
        try {
          after = setInEnv(before, key, one);
        } catch (error) {
          expect(error).toBeInstanceOf(JackerError);
          expect((error as JackerError).code).toBe('settings-invalid');
          refused += 1;
          // Only what no quotes can hold.
          expect(one).toMatch(/['"`\\#\r]|[\ud800-\udfff]/);
          return;
        }
        held += 1;
        const expected = new Map([...valuesOf(before), [key, one]] as [string, string][]);
        expect(valuesOf(after)).toEqual([...expected]);
        expect({ ...parse(after) }).toEqual(Object.fromEntries(expected));
        expect(after.startsWith(crlf ? '# top\r\n' : '# top\n')).toBe(true);
        expect(setInEnv(after, key, one)).toBe(after);
      }),
      { numRuns: 10_000 },
    );
    expect(held).toBeGreaterThan(5000);
    expect(refused).toBeGreaterThan(10);
  });

  it.each([
    ['every quote and a comment', `'"\`#`],
    ['every quote and a line break', `'"\`\n`],
    ['a backslash at the end that needs quotes', '# \\'],
    ['a NUL', 'a\0b'],
    ['half a character', 'a\ud83d'],
    ['more than 64 KiB', 'x'.repeat(65_537)],
  ])('refuses %s without showing it', (_, one) => {
    let error: unknown;
    try {
      expressValue('KEY', one);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(JackerError);
    expect((error as JackerError).message).toContain(`${String(one.length)} characters`);
    expect((error as JackerError).message).not.toContain(one);
    expect((error as JackerError).problems[0]).toMatchObject({ where: { key: 'KEY' } });
    expect((error as JackerError).problems[0]?.hint).toBeTruthy();
  });

  it.each([
    ['a URL', 'https://a.example:1/b?c=d', "'https://a.example:1/b?c=d'"],
    ['a list', 'a,b:1/c@d.example', 'a,b:1/c@d.example'],
    ['nothing', '', ''],
    ['a dollar', '$A', "'$A'"],
    ['a blank', 'a b', "'a b'"],
    ['an apostrophe', "it's", '"it\'s"'],
    ['a carriage return', 'a\rb', '"a\\rb"'],
    ['all quotes', `a'"\``, `a'"\``],
    ['two kinds of quotes and a comment', `'" #`, '`\'" #`'],
  ])('writes %s in the plainest notation', (_, one, notation) => {
    expect(expressValue('K', one)).toBe(notation);
  });
});

describe('unsetting a value', () => {
  it('takes out its lines and no other', () => {
    expect(unsetInEnv(document, 'A')).toBe(document.replace('export A = "one" # why\n', ''));
    expect(unsetInEnv(document, 'D')).toBe(document.replace("D='a\nb'\n", ''));
    expect(unsetInEnv('\uFEFFA=b\r\nC=d', 'A')).toBe('\uFEFFC=d');
    expect(unsetInEnv('A=b\r\nC=d', 'C')).toBe('A=b\r\n');
  });

  it('changes nothing where the key is not set', () => {
    expect(unsetInEnv(document, 'B')).toBe(document);
  });

  it('undoes the addition of a line', () => {
    fc.assert(
      fc.property(fc.string(), (one) => {
        const base = `${document}\n`;
        expect(unsetInEnv(setInEnv(base, 'NEW', one.replace(/['\0\\]/g, '')), 'NEW')).toBe(base);
      }),
    );
  });
});
