import { Ajv2020 } from 'ajv/dist/2020.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { manifestDescriptions } from '../../src/catalog/manifest-descriptions.ts';
import { parseService } from '../../src/catalog/parse-service.ts';

const root = join(import.meta.dirname, '../..');
const schema = JSON.parse(
  await readFile(join(root, 'schemas/service.schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({
  strict: true,
  allErrors: true,
  formats: { uri: true, date: true },
}).compile(schema);
const files = [
  ...(await readdir(join(root, 'compose'))).map((name) => `compose/${name}`),
  'test/fixtures/services/sample.yml',
];

type Block = Record<string, unknown>;

/** A change of a valid manifest, and whether the result is still valid. */
const changes: [string, (block: Block) => void][] = [
  ['an unknown key', (block) => (block['privileged'] = true)],
  ['no identity', (block) => delete block['identity']],
  ['an identity that is root', (block) => (block['identity'] = '0:0')],
  ['a number for a title', (block) => (block['title'] = 7)],
  ['an unknown category', (block) => (block['category'] = 'misc')],
  ['no health check', (block) => delete block['health']],
  ['an unknown preset', (block) => (block['presets'] = ['huge'])],
  ['a route without a name', (block) => (block['routes'] = [{ host: 'a' }])],
  [
    'a public route without a reason',
    (block) => (block['routes'] = [{ name: 'a', host: 'a', port: 1, auth: { none: '' } }]),
  ],
  [
    'a port beyond the range',
    (block) => (block['routes'] = [{ name: 'a', host: 'a', port: 70000 }]),
  ],
  [
    'a Docker call with another method',
    (block) => (block['docker'] = [{ method: 'PATCH', path: '/x', why: 'because' }]),
  ],
  [
    'an exception without a reason',
    (block) => (block['exceptions'] = [{ control: 'MED-002', reason: 'need' }]),
  ],
  ['a write without a place', (block) => (block['writes'] = [{ why: 'it writes' }])],
  ['a memory limit without a unit', (block) => (block['resources'] = { memory: '64' })],
];

describe.each(files)('%s', (file) => {
  it('is valid under the published schema', async () => {
    const document = parse(await readFile(join(root, file), 'utf8')) as object;
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(changes)('%s is refused by the schema and by Jacker alike', async (_, change) => {
    const document = parse(await readFile(join(root, file), 'utf8')) as {
      services: Record<string, { 'x-jacker': Block }>;
    };
    const [service] = Object.values(document.services);
    change(service!['x-jacker']);
    expect(validate(document)).toBe(false);
    expect(() => parseService(file, stringify(document))).toThrow(file);
  });
});

it('says of each key what it means, and of nothing else', () => {
  const places = new Set<string>();
  const walk = (shape: unknown, path: string): void => {
    if (Array.isArray(shape)) {
      shape.forEach((part) => walk(part, path));
      return;
    }
    if (typeof shape !== 'object' || shape === null) return;
    for (const [word, value] of Object.entries(shape)) {
      if (word !== 'properties') walk(value, path);
      else
        for (const [key, part] of Object.entries(value as Record<string, object>)) {
          const place = path === '' ? key : `${path}.${key}`;
          places.add(place);
          expect(part, place).toHaveProperty('description', manifestDescriptions[place]);
          walk(part, place);
        }
    }
  };
  walk((schema as { $defs: { manifest: object } }).$defs.manifest, '');
  expect([...places].sort()).toEqual(Object.keys(manifestDescriptions).sort());
});
