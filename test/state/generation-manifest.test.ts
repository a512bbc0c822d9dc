import fc from 'fast-check';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import {
  formatManifest,
  parseManifest,
  type GenerationManifest,
} from '../../src/state/generation-manifest.ts';

const digest = 'a'.repeat(64);
const manifest: GenerationManifest = {
  version: 1,
  number: 3,
  createdAt: '2026-01-02T03:04:05.000Z',
  reason: 'jacker up',
  settingsDigest: digest,
  images: { redis: 'redis:8' },
  files: { 'docker-compose.yml': { digest, mode: 0o640 } },
  secretFiles: { 'secrets/redis.conf': { digest, mode: 0o440 } },
  secretInputs: { 'secrets/redis-admin': { digest, mode: 0o440 } },
};

/** The same form in the words of a library. */
const text = z.string();
const records = z.record(
  z.string(),
  z.strictObject({
    digest: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    mode: z.int().check(z.minimum(0)),
  }),
);
const form = z.strictObject({
  version: z.literal(1),
  number: z.int().check(z.positive()),
  createdAt: text,
  reason: text,
  settingsDigest: text,
  images: z.record(z.string(), text),
  files: records,
  secretFiles: records,
  secretInputs: z.exactOptional(records),
});

/** Every place in the manifest, as the keys that lead to it. */
function placesIn(value: unknown, at: readonly string[] = []): string[][] {
  const deeper =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, part]) => placesIn(part, [...at, key]))
      : [];
  return [[...at], ...deeper];
}

type Json = Record<string, unknown>;

/** A copy with another value at a place; without one, the place is removed. */
function changed(place: readonly string[], key: string, given: { value?: unknown }): object {
  const copy = structuredClone(manifest) as unknown as Json;
  let at = copy;
  for (const step of place) {
    if (typeof at[step] !== 'object') break;
    at = at[step] as Json;
  }
  if ('value' in given) Object.defineProperty(at, key, { ...own, value: given.value });
  else Reflect.deleteProperty(at, key);
  return copy;
}
const own = { enumerable: true, configurable: true, writable: true };

const parse = (value: unknown): GenerationManifest =>
  parseManifest(formatManifest(value as GenerationManifest), 'manifest.json');

describe('the manifest of a generation', () => {
  it('comes back as it was stored', () => {
    expect(parse(manifest)).toEqual(manifest);
    const { secretInputs, ...before } = manifest;
    expect(secretInputs).toBeDefined();
    expect(parse(before)).toEqual(before);
  });

  it('is taken in the one form that it has, whatever stands in its places', () => {
    const places = placesIn(manifest);
    const values = fc.oneof(
      // The library passes over a key of this name, see below.
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
      fc.constantFrom(digest, digest.toUpperCase(), `${digest}\n`, -1, 0, 1, 1.5, 2 ** 53, 'x'),
    );
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.oneof(fc.constantFrom(...places.flat()), fc.constantFrom('new', 'constructor')),
        fc.oneof(
          values.map((value) => ({ value })),
          fc.constant({}),
        ),
        (place, key, given) => {
          const value = changed(place, key, given);
          // The digest of the whole is added when it is stored.
          fc.pre(!Object.hasOwn(value, 'digest'));
          if (form.safeParse(value).success) {
            taken++;
            expect(parse(value)).toEqual(JSON.parse(JSON.stringify(value)));
          } else {
            refused++;
            expect(() => parse(value)).toThrow(/not a complete manifest/);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(1000);
  });

  it.each(['images', 'files', 'secretFiles'])('has no key of %s unchecked', (part) => {
    const value = { ...manifest, [part]: JSON.parse('{"__proto__": 5}') as unknown };
    expect(() => parse(value)).toThrow(/not a complete manifest/);
  });

  it.each(['', 'null', '[]', '{}', '1', '{"version":1'])('is not %j', (content) => {
    expect(() => parseManifest(content, 'manifest.json')).toThrow(/damaged/);
  });

  it('is refused where one part was changed without its digest', () => {
    const stored = formatManifest(manifest).replace('jacker up', 'jacker go');
    expect(() => parseManifest(stored, 'manifest.json')).toThrow(/does not match its own digest/);
  });
});
