import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { JackerError } from '../../src/error.ts';
import type { ComposeDocument } from '../../src/harden/compose-model.ts';
import { openKeys, refusalReasons } from '../../src/harden/open-keys.ts';
import { parseOverride, type OverridableService } from '../../src/harden/override-file.ts';
import { parse } from 'yaml';
import { goldenCases } from '../render/golden-cases.ts';
import { allFiles, fileOf, renderFiles } from '../render/project-fixture.ts';

const services = new Map<string, OverridableService>([
  ['traefik', { fragment: { environment: { SET: 'x' } }, own: false }],
  ['sample', { fragment: { environment: { PGUSER: 'sample' } }, own: true }],
]);
const file = 'overrides/a.yml';
const read = (text: string) => parseOverride(file, text, services);
const problems = (text: string) => read(text).problems;
const { env } = goldenCases['sample']!;

/** A value that weakens, where the key has one; what matters is that the key is refused. */
const weakening: Record<string, unknown> = {
  privileged: true,
  cap_add: ['SYS_ADMIN'],
  cap_drop: [],
  security_opt: ['seccomp=unconfined'],
  read_only: false,
  user: '0:0',
  pid: 'host',
  ipc: 'host',
  uts: 'host',
  network_mode: 'host',
  ports: ['0.0.0.0:5432:5432'],
  volumes: ['/:/host'],
  devices: ['/dev/kmsg:/dev/kmsg'],
  mem_limit: '64g',
  healthcheck: { disable: true },
  use_api_socket: true,
  provider: { type: 'awesomecloud' },
  post_start: [{ command: ['id'], user: 'root', privileged: true }],
};

/** Every key of a service in the Compose Specification that is not open, and some it does not have. */
const closed = [
  ...Object.keys(refusalReasons),
  'attach',
  'develop',
  'isolation',
  'mac_address',
  'models',
  'platform',
  'pull_policy',
  'stdin_open',
  'tty',
  'x-anything',
  'a_key_of_next_year',
  'Privileged',
  // Names that every object of the language has.
  'constructor',
  '__proto__',
  'toString',
];

describe('an override', () => {
  it.each(closed)('may not set %s: refused with file, line, key and reason', (key) => {
    const value = JSON.stringify(Object.hasOwn(weakening, key) ? weakening[key] : 'x');
    const found = problems(`services:\n  sample:\n    init: true\n    ${key}: ${value}\n`);
    expect(found).toEqual([
      {
        what: 'would weaken the baseline',
        where: { file, line: 4, column: 5, key: `services.sample.${key}` },
        why:
          (Object.hasOwn(refusalReasons, key) ? refusalReasons[key] : undefined) ??
          'only keys that cannot soften it are open',
        hint: expect.stringMatching(/manifest/) as string,
      },
    ]);
  });

  it('is refused with the exit code 2, and every place of every file is said', async () => {
    const error = await renderFiles(
      {
        '.env': env,
        'overrides/a.yml': 'services:\n  redis:\n    privileged: true\n',
        'overrides/b.yml': 'services:\n  redis:\n    init: true\n    cap_add: [ALL]\n',
      },
      { sample: true },
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JackerError);
    const { code, exitCode, problems: all } = error as JackerError;
    expect({ code, exitCode }).toEqual({ code: 'override-invalid', exitCode: 2 });
    expect(all.map(({ where }) => where)).toEqual([
      { file: 'overrides/a.yml', line: 3, column: 5, key: 'services.redis.privileged' },
      { file: 'overrides/b.yml', line: 4, column: 5, key: 'services.redis.cap_add' },
    ]);
  });

  it.each(['command', 'entrypoint', 'working_dir'])(
    'may set %s of a service of the user, not of the platform',
    (key) => {
      expect(problems(`services:\n  sample:\n    ${key}: x\n`)).toEqual([]);
      expect(problems(`services:\n  traefik:\n    ${key}: x\n`)).toMatchObject([
        { what: 'would weaken the baseline', why: expect.stringMatching(/hardening/) as string },
      ]);
    },
  );

  it.each([
    ['SET', 'Jacker sets it'],
    ['TZ', 'Jacker sets it'],
    ['LD_PRELOAD', 'it changes the code that the program loads'],
    ['OAUTH2_PROXY_EMAIL_DOMAINS', 'the program obeys it before its configuration file'],
    ['POSTGRES_HOST_AUTH_METHOD', 'the program obeys it before its configuration file'],
    ['PGDATA', 'the program obeys it before its configuration file'],
    ['NODE_OPTIONS', 'it changes how the program speaks to others'],
    ['https_proxy', 'it changes how the program speaks to others'],
  ])('may not set the variable %s of a service of the platform', (name, why) => {
    const text = `services:\n  traefik:\n    environment:\n      ${name}: x\n`;
    expect(problems(text)).toMatchObject([
      { where: { line: 4, key: `services.traefik.environment.${name}` }, why },
    ]);
    expect(problems(`services:\n  traefik:\n    environment: ["${name}=x"]\n`)).toMatchObject([
      { why },
    ]);
    expect(problems(text.replace('traefik', 'sample'))).toEqual([]);
  });

  it.each([['redis', '192.0.2.1'].join(':'), ['db.test', 'host-gateway'].join(':')])(
    'may not redirect a name of the project, nor point at the host: %s',
    async (entry) => {
      const [name = '', address = ''] = entry.split(':');
      for (const hosts of [{ [name]: address }, [`${name}=${address}`], [entry]]) {
        const error = await renderFiles(
          {
            '.env': env,
            'overrides/a.yml': stringify({ services: { sample: { extra_hosts: hosts } } }),
          },
          { sample: true },
        ).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'override-invalid',
          problems: [{ where: { key: `services.sample.extra_hosts.${name}` } }],
        });
      }
    },
  );

  it.each([
    ['an anchor', 'services:\n  sample: &a\n    init: true\n'],
    ['an alias', 'services:\n  sample: &a {init: true}\n  traefik: *a\n'],
    ['a merge key', 'services:\n  sample:\n    <<: {privileged: true}\n'],
    ['a merge key in quotes', 'services:\n  sample:\n    "<<": {privileged: true}\n'],
    ['the tag !reset', 'services:\n  sample:\n    init: !reset null\n'],
    ['the tag !override', 'services:\n  sample:\n    environment: !override {A: b}\n'],
    ['a tag on a key', 'services:\n  sample:\n    !!str init: true\n'],
    ['a tag on the service', 'services:\n  sample: !reset\n    init: true\n'],
    ['a tag on the file', '!x\nservices:\n  sample:\n    init: true\n'],
    ['a duplicate key', 'services:\n  sample:\n    init: true\n    init: false\n'],
    ['a duplicate service', 'services:\n  sample: {init: true}\n  sample: {init: false}\n'],
    ['a duplicate section', 'services: {}\nservices: {sample: {privileged: true}}\n'],
    [
      'a second document',
      'services:\n  sample: {init: true}\n---\nservices:\n  sample: {privileged: true}\n',
    ],
    ['a second document without content', 'services: {}\n---\n'],
    ['a YAML directive', '%YAML 1.1\n---\nservices: {}\n'],
    ['a TAG directive', '%TAG !e! tag:example.test,2000:\n---\nservices: {}\n'],
    ['include', 'include: [other.yml]\n'],
    ['extends', 'services:\n  sample:\n    extends: {file: other.yml, service: x}\n'],
    ['networks', 'networks:\n  edge: {internal: false}\n'],
    ['volumes', 'volumes:\n  v: {driver_opts: {type: none, o: bind, device: /}}\n'],
    ['secrets', 'secrets:\n  s: {file: /etc/shadow}\n'],
    ['an extension', 'x-a: 1\nservices: {}\n'],
    ['a name', 'name: other\n'],
    ['an unknown service', 'services:\n  nothing:\n    init: true\n'],
    ['a list for a file', '- services\n'],
    ['a text for a file', 'services\n'],
    ['a list of services', 'services: [sample]\n'],
    ['a service without a map', 'services:\n  sample: privileged\n'],
    ['a key that is no text', 'services:\n  sample:\n    ? [init]\n    : true\n'],
    ['a number for a key', 'services:\n  sample:\n    1: true\n'],
    ['a variable to fill in', 'services:\n  sample:\n    stop_grace_period: ${X}\n'],
    ['a variable in a list', 'services:\n  sample:\n    environment: ["${X}"]\n'],
    ['a variable in a key', 'services:\n  sample:\n    environment: {"$X": y}\n'],
    ['a variable of the caller', 'services:\n  sample:\n    environment: [HOME]\n'],
    ['a variable of the caller in a map', 'services:\n  sample:\n    environment: {HOME: }\n'],
    ['another type', 'services:\n  sample:\n    init: "yes"\n'],
    ['a map for a text', 'services:\n  sample:\n    shm_size: {a: b}\n'],
    ['a control character', 'services:\n  sample:\n    stop_signal: "\\a"\n'],
    ['a NUL', 'services:\n  sample:\n    stop_signal: "\\0"\n'],
    ['broken YAML', 'services:\n  sample: {init: true\n'],
    ['a tab for an indent', 'services:\n\tsample:\n\t\tinit: true\n'],
  ])('with %s is refused with its place', (_, text) => {
    const found = problems(text);
    expect(found).not.toEqual([]);
    for (const { what, where, hint } of found) {
      expect(what).not.toBe('');
      expect(hint).toBeTruthy();
      expect(where).toMatchObject({ file, line: expect.any(Number) as number });
    }
  });

  it.each([
    ['', {}],
    ['# nothing\n', {}],
    ['services: {}\n', {}],
    ['\ufeffservices:\r\n  sample:\r\n    init: true\r\n', { sample: { init: true } }],
    [
      'services:\n  sample:\n    environment: [A=b, "C=d=e", "E="]\n',
      { sample: { environment: { A: 'b', C: 'd=e', E: '' } } },
    ],
    [
      'services:\n  sample:\n    environment: {A: 1.10, B: true, C: "no", D: $$x}\n',
      { sample: { environment: { A: '1.10', B: 'true', C: 'no', D: '$x' } } },
    ],
    [
      'services:\n  sample:\n    command: [run, 1, "$$HOME"]\n',
      { sample: { command: ['run', '1', '$HOME'] } },
    ],
    [
      'services:\n  traefik:\n    extra_hosts: ["a.test:192.0.2.1", "b.test=2001:db8::1"]\n',
      { traefik: { extra_hosts: { 'a.test': '192.0.2.1', 'b.test': '2001:db8::1' } } },
    ],
    [
      'services:\n  traefik: {stop_grace_period: 5s, shm_size: 64m, mem_reservation: 32m}\n',
      { traefik: { stop_grace_period: '5s', shm_size: '64m', mem_reservation: '32m' } },
    ],
  ])('%j is understood', (text, expected) => {
    const parsed = read(text);
    expect(parsed.problems).toEqual([]);
    expect(Object.fromEntries(parsed.services)).toEqual(expected);
  });

  it('never lets a key through that is not open, whatever it is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, value) => {
        const parsed = read(stringify({ services: { sample: { [key]: value } } }));
        const let_through = Object.keys(parsed.services.get('sample') ?? {});
        expect(let_through.every((name) => name in openKeys)).toBe(true);
        if (!Object.hasOwn(openKeys, key)) expect(parsed.problems).not.toEqual([]);
      }),
    );
  });
});

describe('an override that is allowed', () => {
  const override = stringify({
    services: {
      sample: {
        environment: { LOG: 'debug', PGUSER: 'other' },
        command: ['node', 'x.js'],
        init: true,
      },
      redis: { stop_grace_period: '45s' },
    },
  });

  it('is merged into the files of its services, and into no other', async () => {
    const before = await renderFiles({ '.env': env }, { sample: true });
    const after = await renderFiles({ '.env': env, 'overrides/a.yml': override }, { sample: true });
    const changed = allFiles(after)
      .filter(([path, { content }]) => fileOf(before, path) !== content)
      .map(([path]) => path);
    // A change in a rendered file is what makes plan, up and rollback see an override.
    expect(changed).toEqual(['compose/redis.yml', 'compose/sample.yml']);
    const one = (rendered: typeof after, name: string) =>
      (parse(fileOf(rendered, `compose/${name}.yml`)) as ComposeDocument).services[name];
    expect(one(after, 'sample')).toEqual({
      ...one(before, 'sample'),
      environment: { ...one(before, 'sample')?.environment, LOG: 'debug', PGUSER: 'other' },
      command: ['node', 'x.js'],
      init: true,
    });
    expect(one(after, 'redis')).toEqual({ ...one(before, 'redis'), stop_grace_period: '45s' });
  });

  it('gives way to one in a later file', async () => {
    const rendered = await renderFiles(
      {
        '.env': env,
        'overrides/10-first.yml':
          'services:\n  sample:\n    environment: {A: "1", B: "1"}\n    init: true\n',
        'overrides/20-second.yml': 'services:\n  sample:\n    environment: {B: "2"}\n',
      },
      { sample: true },
    );
    const document = parse(fileOf(rendered, 'compose/sample.yml')) as ComposeDocument;
    expect(document.services['sample']).toMatchObject({
      environment: { A: '1', B: '2' },
      init: true,
    });
  });
});
