import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImageReference, withMirror } from '../../src/docker/image-reference.ts';
import { forms, goDuration, readValue } from '../../src/settings/forms.ts';

const accepts = (type: 'image' | 'registry' | 'duration', text: string): boolean =>
  'value' in readValue({ key: 'X', type, help: '' }, text);

describe('an image and its mirror', () => {
  const piece = fc.constantFrom(
    'a',
    'b-c',
    'a_b',
    'a.b',
    'A',
    '.',
    ':',
    '/',
    '5',
    '@',
    'localhost',
    '-',
    '_',
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));

  it('that a setting takes are those that Docker knows: every one can be pulled through the mirror', () => {
    let taken = 0;
    fc.assert(
      fc.property(text, text, (image, mirror) => {
        const isImage = accepts('image', image);
        if (isImage) expect(() => parseImageReference(image)).not.toThrow();
        if (!accepts('registry', mirror)) return;
        taken++;
        expect(() => withMirror('redis:8', mirror)).not.toThrow();
        if (isImage) expect(accepts('image', withMirror(image, mirror))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it('that Docker refuses are refused', () => {
    for (const image of ['a.a_a/b', 'a_b.c/d', 'localhost/', 'a/b:c/d', 'A/b_', 'a.b:/c']) {
      expect(accepts('image', image), image).toBe(false);
    }
    for (const mirror of [
      'a',
      'a/b',
      'a..b',
      '-a.b',
      'a.b:',
      'a.b/',
      'a.b//c',
      'A.b',
      'a.b:123456',
    ]) {
      expect(accepts('registry', mirror), mirror).toBe(false);
    }
  });

  it.each([
    'redis',
    'lib/redis:8',
    'quay.io/a/b:1',
    'localhost:5000/a',
    '[::1]:5000/a',
    'a/b@sha256:' + '0'.repeat(64),
  ])('the image %s is taken', (image) => expect(accepts('image', image)).toBe(true));

  it.each([
    'registry.example.com/mirror',
    'localhost',
    'localhost:5000',
    'registry:5000/a/b',
    '127.0.0.1:5000',
  ])('the mirror %s is taken', (mirror) => expect(accepts('registry', mirror)).toBe(true));
});

describe('a duration', () => {
  it.each([
    ['7d', '168h'],
    ['9999d', '239976h'],
    ['24h', '24h'],
    ['10m', '10m'],
    ['1s', '1s'],
  ])('%s is %s to Go', (text, expected) => {
    expect(accepts('duration', text)).toBe(true);
    expect(goDuration(text)).toBe(expected);
  });

  it('that no program can count is refused', () => {
    for (const text of [
      '999999999h',
      '10000d',
      '100000h',
      '10000000m',
      '100000000s',
      '0s',
      '1',
      '1w',
      '01d',
    ]) {
      expect(accepts('duration', text), text).toBe(false);
    }
  });

  it('stays below what Go and a signed number of seconds can hold', () => {
    const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(forms.duration.pattern)), (text) => {
        const unit = text.at(-1) as keyof typeof seconds;
        expect(Number(text.slice(0, -1)) * seconds[unit]).toBeLessThan(2 ** 31);
        expect(goDuration(text)).toMatch(/^[1-9][0-9]*[smh]$/);
      }),
    );
  });
});
