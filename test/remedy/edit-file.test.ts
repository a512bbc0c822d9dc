import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editFile } from '../../src/compose/edit-file.ts';
import { parseYaml } from '../../src/compose/parse-yaml.ts';
import { plainValue } from '../../src/compose/plain.ts';
import { changeService, type KeyChange } from '../../src/compose/service-change.ts';
import { shapeDocument } from '../../src/compose/shape.ts';
import { sameValue, type PlainValue } from '../../src/compose/yaml-value.ts';
import { corpusFile, corpusNames } from './corpus.ts';

const set = (service: string, key: KeyChange['key'], value: PlainValue): KeyChange => ({
  service,
  key,
  change: { kind: 'set', value },
  reason: 'why',
});
const list = (
  service: string,
  key: string,
  kind: 'add' | 'drop',
  ...values: string[]
): KeyChange => ({
  service,
  key: [key],
  change: { kind, values },
  reason: 'why',
});
const remove = (service: string, ...key: KeyChange['key']): KeyChange => ({
  service,
  key,
  change: { kind: 'remove' },
  reason: 'why',
});

function edit(text: string, ...changes: KeyChange[]): string {
  const { text: edited, refused } = editFile(text, changes);
  expect(refused.map(({ why }) => why)).toEqual([]);
  return edited;
}

describe('editing a Compose file', () => {
  it('adds a key behind the last one, and leaves comments and blank lines where they are', () => {
    const text = 'services:\n  # first\n  a:\n    image: x # c\n\n  # second\n  b:\n    image: y\n';
    expect(edit(text, set('a', ['read_only'], true))).toBe(
      'services:\n  # first\n  a:\n    image: x # c\n    read_only: true # why\n\n  # second\n  b:\n    image: y\n',
    );
  });

  it('adds behind a block scalar, and where the last line has no end', () => {
    const block = 'services:\n  a:\n    command: |\n      one\n      two\n\n  b: {}\n';
    expect(edit(block, set('a', ['init'], true))).toBe(
      'services:\n  a:\n    command: |\n      one\n      two\n    init: true # why\n\n  b: {}\n',
    );
    expect(edit('services:\n  a:\n    image: x', set('a', ['init'], true))).toBe(
      'services:\n  a:\n    image: x\n    init: true # why',
    );
  });

  it('keeps the line ends, the indentation and the quotes of the file', () => {
    const text =
      "services:\r\n    a:\r\n        user: 'root'\r\n        ports:\r\n        - '80:80'\r\n";
    expect(
      edit(text, set('a', ['user'], '1:1'), set('a', ['ports'], ['127.0.0.1:80:80', '1:1'])),
    ).toBe(
      'services:\r\n    a:\r\n        user: \'1:1\' # why\r\n        # ports: # why\r\n        # - \'80:80\'\r\n        ports: ["127.0.0.1:80:80", "1:1"] # why\r\n',
    );
    expect(edit(text, set('a', ['ports'], ['127.0.0.1:80:80']))).toBe(
      text.replace("'80:80'", "'127.0.0.1:80:80' # why"),
    );
  });

  it('writes into flow style, with the reason at the end of the line', () => {
    const text = 'services: {a: {image: x, cap_add: [A, B]}, b: {}} # end\n';
    expect(edit(text, set('b', ['init'], true))).toBe(
      'services: {a: {image: x, cap_add: [A, B]}, b: {init: true}} # end\n',
    );
    expect(edit('services:\n  a: {cap_add: [A, B]}\n', list('a', 'cap_add', 'drop', 'B'))).toBe(
      'services:\n  a: {cap_add: [A]} # why\n',
    );
    expect(edit('{"services": {"a": {"image": "x"}}}', set('a', ['init'], true))).toBe(
      '{"services": {"a": {"image": "x", init: true}}}',
    );
  });

  it('makes comments of what it takes out', () => {
    const text =
      'services:\n  a:\n    image: x\n    privileged: true # old\n    cap_add:\n      - A\n      - B\n';
    expect(edit(text, remove('a', 'privileged'), list('a', 'cap_add', 'drop', 'A'))).toBe(
      'services:\n  a:\n    image: x\n    # privileged: true # old # why\n    cap_add:\n      # - A # why\n      - B\n',
    );
    expect(edit(text, list('a', 'cap_add', 'drop', 'A', 'B'))).toBe(
      'services:\n  a:\n    image: x\n    privileged: true # old\n    # cap_add: # why\n    #   - A\n    #   - B\n',
    );
  });

  it('writes a list that a merge key brings in into the service itself', () => {
    const text = 'x-a: &a\n  cap_drop: [A]\nservices:\n  a:\n    <<: *a\n  b:\n    <<: *a\n';
    expect(edit(text, list('a', 'cap_drop', 'add', 'ALL'))).toBe(
      'x-a: &a\n  cap_drop: [A]\nservices:\n  a:\n    <<: *a\n    cap_drop: [A, ALL] # why\n  b:\n    <<: *a\n',
    );
  });

  it.each([
    ['an anchor that others share', 'services:\n  a: &a\n    image: x\n  b:\n    <<: *a\n', '&a'],
    ['an alias', 'x-a: &a {image: x}\nservices:\n  a: *a\n', '*a'],
    ['a service of another file', 'services:\n  other:\n    image: x\n', 'another file'],
    ['a file that is no YAML', 'services: [\n', 'error in its YAML'],
    ['a service without a map', 'services:\n  a:\n', 'no map'],
  ])('refuses %s, and leaves the text alone', (_, text, why) => {
    const outcome = editFile(text, [set('a', ['init'], true)]);
    expect(outcome.text).toBe(text);
    expect(outcome.done).toEqual([]);
    expect(outcome.refused[0]?.why).toContain(why);
  });

  it('refuses a value that others share, and does what else there is', () => {
    const text = 'services:\n  a:\n    cap_add: &c [A]\n  b:\n    cap_add: *c\n';
    const outcome = editFile(text, [list('a', 'cap_add', 'add', 'B'), set('a', ['init'], true)]);
    expect(outcome.refused.map(({ change }) => change.key[0])).toEqual(['cap_add']);
    expect(outcome.text).toBe(text.replace('[A]\n', '[A]\n    init: true # why\n'));
    // In the other place it is an alias: that one may become a list of its own.
    expect(edit(text, list('b', 'cap_add', 'add', 'B'))).toBe(text.replace('*c', '[A, B] # why'));
  });

  it('keeps a reason within its comment', () => {
    const { text } = editFile('services:\n  a:\n    image: x\n', [
      { ...set('a', ['init'], true), reason: 'one\nprivileged: true\u2028x\r' },
    ]);
    expect(text).toBe('services:\n  a:\n    image: x\n    init: true # one privileged: true x\n');
  });
});

describe('any change of any file', () => {
  const words = fc.constantFrom(
    'ALL',
    'no-new-privileges:true',
    '/tmp:noexec,size=1m',
    '80:80',
    'yes',
    '0x1f',
    '1e3',
    "it's",
    'a: b',
    '# c',
    '- d',
    '${X:-y}',
    '*z',
    '',
    ' lead',
    'ü"\\',
    'null',
    '12:30',
    '{a',
    '@at',
  );
  const key = fc.constantFrom(
    'user',
    'cap_add',
    'cap_drop',
    'security_opt',
    'tmpfs',
    'privileged',
    'restart',
    'network_mode',
    'read_only',
    'mem_limit',
  );
  const anyChange = fc.oneof(
    fc.record({
      key: fc.tuple(fc.constantFrom('user', 'mem_limit', 'network_mode')),
      kind: fc.constant('set' as const),
      value: words,
    }),
    fc.record({
      key: fc.tuple(fc.constantFrom('read_only', 'privileged')),
      kind: fc.constant('set' as const),
      value: fc.boolean(),
    }),
    fc.record({
      key: fc.constantFrom(
        ['ulimits', 'nofile'],
        ['logging', 'options', 'max-size'],
        ['environment', 'A_B'],
      ),
      kind: fc.constant('set' as const),
      value: words,
    }),
    fc.record({
      key: fc.tuple(fc.constantFrom('cap_add', 'cap_drop', 'security_opt', 'tmpfs')),
      kind: fc.constantFrom('add' as const, 'drop' as const),
      values: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key: fc.tuple(key), kind: fc.constant('remove' as const) }),
  );

  it('is made as it is meant and nothing else with it, or is refused; twice is once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...corpusNames),
        fc.array(fc.tuple(fc.nat(), anyChange), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (name, picks, crlf) => {
          const original = corpusFile(name).text.replaceAll('\r\n', '\n');
          const text = crlf ? original.replaceAll('\n', '\r\n') : original;
          const [first] = shaped(text);
          const names = Object.keys(first?.services ?? {});
          // One change for each key, so that the order does not matter.
          const changes = new Map<string, KeyChange>();
          for (const [index, { key: path, ...change }] of picks) {
            const service = names[index % names.length] ?? '';
            const one = { service, key: path, change, reason: 'why' } as unknown as KeyChange;
            changes.set(`${service} ${path[0]}`, one);
          }
          const outcome = editFile(text, [...changes.values()]);
          expect(outcome.done.length + outcome.refused.length).toBe(changes.size);
          const [after] = shaped(outcome.text);
          for (const service of names) {
            const expected = outcome.done
              .filter((one) => one.service === service)
              .reduce(
                (all, one) => changeService(all, one.key, one.change),
                first?.services[service] as Parameters<typeof changeService>[0],
              );
            if (name === 'multi-document') continue;
            expect([service, sameValue(after?.services[service], expected)]).toEqual([
              service,
              true,
            ]);
          }
          if (crlf) expect(outcome.text.replaceAll('\r\n', '')).not.toContain('\n');
          const again = editFile(outcome.text, outcome.done);
          expect(again.text).toBe(outcome.text);
        },
      ),
      { numRuns: 400 },
    );
  });
});

function shaped(text: string): { services: Record<string, PlainValue> }[] {
  return parseYaml({ path: '', text }).documents.map((document) => {
    const found = shapeDocument(document, () => undefined);
    const plain = (found ? plainValue(found) : {}) as { services?: Record<string, PlainValue> };
    return { services: plain.services ?? {} };
  });
}
