import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { composeYaml } from '../../src/render/compose-yaml.ts';

/** As Compose reads it: YAML, then in values `$$` for a dollar. */
function read(text: string, version: '1.1' | '1.2'): unknown {
  const single = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll('$$', '$');
    if (Array.isArray(value)) return value.map(single);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, single(item)]));
    }
    return value;
  };
  return single(parse(text, { version, uniqueKeys: true }));
}

const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '70:70',
    'yes',
    'on',
    'NULL',
    '~',
    '1e3',
    '0x1f',
    '.5',
    '.inf',
    '=',
    '<<',
    '- a',
    'a: b',
    'a #b',
    '$$',
    '${X}',
    '',
    ' ',
    '\n',
    '{{x}}',
    '---',
    '...',
    '&a',
    '*a',
    '!t',
    '2026-11-24',
    '_1',
    'é',
  ),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
      .map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(word, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const document = fc.dictionary(word, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true });

it.each(['1.1', '1.2'] as const)('reads back as it was, as YAML %s', (version) => {
  fc.assert(
    fc.property(document, (data) => {
      // `__proto__` cannot be a key of a plain object, and `<<` is one that YAML 1.1 merges.
      fc.pre(
        !JSON.stringify(data).includes('__proto__') && !JSON.stringify(data).includes('"<<":'),
      );
      expect(read(composeYaml(data), version)).toEqual(data);
    }),
    { numRuns: 5000 },
  );
});

it('writes plain words plainly, and quotes what some reader takes for something else', () => {
  expect(
    composeYaml({
      services: {
        web: {
          image: 'redis:8',
          user: '70:70',
          cap_drop: ['ALL'],
          labels: {},
          ports: [{ target: 80, host_ip: '127.0.0.1' }],
          networks: { a: null },
        },
      },
    }),
  ).toBe(
    'services:\n  web:\n    image: "redis:8"\n    user: "70:70"\n    cap_drop:\n      - ALL\n    labels: {}\n    ports:\n      - target: 80\n        host_ip: "127.0.0.1"\n    networks:\n      a:\n',
  );
});
