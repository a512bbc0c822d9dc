import { describe, expect, it } from 'vitest';
import { stackOf } from './stack-of.ts';

/** The services of a document, as plain values. */
async function services(files: Record<string, string>, first?: string[]) {
  const stack = await stackOf(files, first ? { files: first.map((file) => `/stack/${file}`) } : {});
  return { ...stack.document.services, gaps: stack.gaps.map((gap) => gap.what) } as Record<
    string,
    Record<string, unknown>
  > & { gaps: string[] };
}

describe('a Compose file', () => {
  it('comes in one notation, however it is written', async () => {
    const { app, gaps } = await services({
      'compose.yml': `
services:
  app:
    environment: [A=1, B, "C=x=y"]
    labels: { one: 1, two: true }
    cap_drop: ALL
    privileged: "yes"
    pids_limit: "100"
    depends_on: [db]
    networks: [front]
    tmpfs: /run
    command: run it
    x-note: ignored
  db: { image: postgres }
`,
    });
    expect(gaps).toEqual([]);
    expect(app).toEqual({
      environment: { A: '1', B: null, C: 'x=y' },
      labels: { one: '1', two: 'true' },
      cap_drop: ['ALL'],
      privileged: true,
      pids_limit: 100,
      depends_on: { db: null },
      networks: { front: null },
      tmpfs: ['/run'],
      command: 'run it',
    });
  });

  it('knows where each value stands', async () => {
    const stack = await stackOf({
      'compose.yml':
        'services:\n  app:\n    image: nginx\n    environment:\n      - A=1\n      - B=2\n',
    });
    const at = (...path: string[]) => {
      const { line, column } = stack.locate(path);
      return `${line}:${column}`;
    };
    expect(at('services', 'app')).toBe('2:3');
    expect(at('services', 'app', 'image')).toBe('3:5');
    expect(at('services', 'app', 'environment', 'B')).toBe('6:9');
    expect(at('services', 'app', 'cap_drop')).toBe('2:3');
    expect(at('services', 'none')).toBe('1:1');
  });

  it('says of what Compose would refuse that it was not examined, and leaves it out', async () => {
    const { app, gaps } = await services({
      'compose.yml':
        'services:\n  app:\n    privilegd: true\n    cap_drop: {a: b}\n    pids_limit: many\n    image: nginx\n  broken: [1]\n',
    });
    expect(app).toEqual({ image: 'nginx' });
    expect(gaps).toHaveLength(4);
    expect(gaps[0]).toContain('privilegd');
  });

  it('fills in variables from .env, and knows those without a value', async () => {
    const stack = await stackOf({
      'compose.yml':
        'services:\n  app:\n    image: "nginx:$TAG"\n    user: ${USER_ID}\n    environment: { A: "${LATER:-x}" }\n',
      '.env': 'TAG=1.29\n',
    });
    expect(stack.document.services['app']).toMatchObject({
      image: 'nginx:1.29',
      environment: { A: 'x' },
    });
    expect([...(stack.open.get('app') ?? [])]).toEqual(['user']);
    expect(stack.gaps.map(({ kind, line }) => `${kind} ${line}`)).toEqual(['variable 4']);
  });

  it('takes variables of env_file into the environment, under what the service says', async () => {
    const stack = await stackOf({
      'compose.yml':
        'services:\n  app:\n    env_file: [a.env, {path: b.env, required: false}, gone.env]\n    environment: { A: own }\n',
      'a.env': 'A=file\nTOKEN=abc\n',
    });
    expect(stack.document.services['app']).toMatchObject({
      environment: { A: 'own', TOKEN: 'abc' },
    });
    expect(stack.locate(['services', 'app', 'environment', 'TOKEN'])).toMatchObject({
      file: 'a.env',
      line: 2,
    });
    expect(stack.gaps.map((gap) => gap.what)).toEqual(['gone.env does not exist']);
  });
});

describe('several files', () => {
  it('are merged as Compose merges them', async () => {
    const { app } = await services(
      {
        'base.yml': `
services:
  app:
    image: nginx
    command: [a, b]
    ports: ["80:80", "81:81"]
    volumes: ["./a:/data", "b:/other"]
    environment: { A: 1, B: 2 }
    cap_add: [NET_ADMIN]
    healthcheck: { test: [CMD, one], interval: 5s }
    privileged: true
    logging: { driver: none }
`,
        'over.yml': `
services:
  app:
    command: [c]
    ports: ["80:80", "82:82"]
    volumes: ["./c:/data:ro"]
    environment: ["B=3"]
    cap_add: [SYS_ADMIN]
    healthcheck: { test: [CMD, two] }
    privileged: !reset null
    logging: !override { driver: json-file }
`,
      },
      ['base.yml', 'over.yml'],
    );
    expect(app).toEqual({
      image: 'nginx',
      command: ['c'],
      ports: ['80:80', '81:81', '82:82'],
      volumes: ['./c:/data:ro', 'b:/other'],
      environment: { A: '1', B: '3' },
      cap_add: ['NET_ADMIN', 'SYS_ADMIN'],
      healthcheck: { test: ['CMD', 'two'], interval: '5s' },
      logging: { driver: 'json-file' },
    });
  });

  it('take whole services away', async () => {
    const { a, b, gaps } = await services({
      'compose.yml':
        'services:\n  a: { image: x }\n  b: { image: y }\n---\nservices:\n  b: !reset null\n',
    });
    expect(gaps).toEqual([]);
    expect(a).toEqual({ image: 'x' });
    expect(b).toBeUndefined();
  });

  it('come with the override that has the default name', async () => {
    const { app } = await services({
      'docker-compose.yml': 'services:\n  app: { image: a }\n',
      'docker-compose.override.yml': 'services:\n  app: { privileged: true }\n',
    });
    expect(app).toEqual({ image: 'a', privileged: true });
  });

  it('may be documents of one file', async () => {
    const { app } = await services({
      'compose.yml': 'services:\n  app: { image: a }\n---\nservices:\n  app: { read_only: true }\n',
    });
    expect(app).toEqual({ image: 'a', read_only: true });
  });

  it('are included, with variables of their own, under what the file itself says', async () => {
    const stack = await stackOf({
      'compose.yml':
        'include:\n  - sub/compose.yml\n  - { path: [other.yml], env_file: other.env }\n  - gone.yml\nservices:\n  app: { privileged: true }\n',
      'sub/compose.yml': 'services:\n  app: { image: "a:${TAG}" }\n',
      'sub/.env': 'TAG=1\n',
      'other.yml': 'services:\n  two: { image: "b:${TAG}" }\n',
      'other.env': 'TAG=2\n',
    });
    expect(stack.document.services).toEqual({
      app: { image: 'a:1', privileged: true },
      two: { image: 'b:2' },
    });
    expect(stack.gaps.map(({ what, line }) => `${what} ${line}`)).toEqual([
      'gone.yml does not exist 4',
    ]);
  });

  it('are extended, here and in another file, in chains', async () => {
    const { web, gaps } = await services({
      'compose.yml':
        'services:\n  base: { extends: { file: other.yml, service: root }, cap_add: [A] }\n  web: { extends: base, cap_add: [B], user: "1" }\n',
      'other.yml': 'services:\n  root: { image: r, cap_add: [ROOT] }\n',
    });
    expect(gaps).toEqual([]);
    expect(web).toEqual({ image: 'r', cap_add: ['ROOT', 'A', 'B'], user: '1' });
  });

  it('that lead in a circle are a gap, not an endless loop', async () => {
    const { gaps } = await services({
      'compose.yml':
        'include: [compose.yml]\nservices:\n  a: { extends: b }\n  b: { extends: a }\n  c: { extends: c }\n',
    });
    expect(gaps.filter((what) => what.includes('itself')).length).toBeGreaterThanOrEqual(3);
  });

  it('can be narrowed to profiles', async () => {
    const stack = await stackOf(
      {
        'compose.yml':
          'services:\n  always: { image: a }\n  debug: { image: b, profiles: [debug] }\n  other: { image: c, profiles: [x] }\n',
      },
      { profiles: ['debug'] },
    );
    expect(Object.keys(stack.document.services)).toEqual(['always', 'debug']);
  });
});

describe('anchors and merge keys', () => {
  it('are read as Compose reads them', async () => {
    const { a, b, gaps } = await services({
      'compose.yml': `
x-common: &common { image: one, read_only: true, environment: &env { A: 1 } }
services:
  a: { <<: *common, image: two }
  b: { <<: [*common], environment: { <<: *env, B: 2 } }
`,
    });
    expect(gaps).toEqual([]);
    expect(a).toEqual({ image: 'two', read_only: true, environment: { A: '1' } });
    expect(b).toEqual({ image: 'one', read_only: true, environment: { A: '1', B: '2' } });
  });

  it('cannot blow a file up', async () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 30; level++) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(',')}]`,
      );
    }
    const stack = await stackOf({ 'compose.yml': `${lines.join('\n')}\nservices: {}\n` });
    expect(stack.readable).toBe(false);
    expect(stack.gaps[0]?.what).toContain('stands for more than');
  });
});

describe('a file that cannot be read', () => {
  it.each([
    ['nothing at all', ''],
    ['a comment', '# nothing\n'],
  ])('with %s is an empty stack', async (_, text) => {
    const stack = await stackOf({ 'compose.yml': text });
    expect(stack.document.services).toEqual({});
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['no YAML', 'a: [\n', /is not YAML/],
    ['a tab as indentation', 'services:\n\tapp: 1\n', /is not YAML/],
    ['an unknown alias', 'services: *none\n', /unknown anchor/],
    ['an alias of itself', 'services: &a [*a]\n', /unknown anchor/],
    ['deep nesting', '['.repeat(5000), /is not YAML/],
    ['other bytes than UTF-8', Uint8Array.of(0x73, 0x3a, 0x20, 0xff), /UTF-8/],
    ['a NUL', 'a: "\0"\n', /NUL/],
    ['a list', '- a\n', /no Compose document|not a Compose document/],
    ['a text', 'hello\n', /not a Compose document/],
  ])('because of %s is a gap with a place', async (_, text, expected) => {
    const stack = await stackOf({ 'compose.yml': text });
    expect(stack.readable).toBe(false);
    expect(stack.gaps[0]?.what).toMatch(expected);
    expect(stack.gaps[0]?.file).toBe('compose.yml');
  });

  it('because it is too large is a gap', async () => {
    const stack = await stackOf({ 'compose.yml': new Uint8Array(9 * 1024 * 1024).fill(0x23) });
    expect(stack.gaps[0]?.what).toContain('larger than');
  });

  it('says a key twice: Compose refuses that', async () => {
    const stack = await stackOf({ 'compose.yml': 'services:\n  a: { image: x, image: y }\n' });
    expect(stack.gaps[0]?.what).toContain('twice');
  });

  it('keeps names that JavaScript knows as plain names', async () => {
    const stack = await stackOf({
      'compose.yml':
        'services:\n  __proto__: { image: a, privileged: true }\n  constructor: { image: b }\n  toString: { environment: { __proto__: x } }\n',
    });
    expect(Object.keys(stack.document.services)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>)['privileged']).toBeUndefined();
  });
});
