import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { sampleProcesses, type Samples } from './process-sampler.ts';
import { createTestProject, type TestProject } from './project.ts';
import { visitSample } from './visit-sample.ts';

let project: TestProject;
let samples: Samples;
/** Everything that must not be found, by the file that it comes from. */
const secrets = new Map<string, string>();
/** What the runs printed, and every program that they started with its whole environment. */
const outputs = new Map<string, string>();
const started = new Date();

/** Every file below a folder, with its content. */
async function filesBelow(
  folder: string,
  skip: readonly string[] = [],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await readdir(folder, { recursive: true })) {
    if (skip.some((name) => path === name || path.startsWith(`${name}/`))) continue;
    if ((await stat(join(folder, path))).isFile()) {
      found.set(path, await readFile(join(folder, path), 'latin1'));
    }
  }
  return found;
}

/** The parts of a secret file that nobody else may see: no certificate, no word of a template. */
function valuesOf(content: string): string[] {
  if (content.includes('-----BEGIN')) {
    return [...content.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]+)/g)].flatMap((match) =>
      (match[1] ?? '').split('\n').filter((line) => line.length > 20),
    );
  }
  const whole = content.trim();
  if (/^\S+$/.test(whole) && !whole.includes(':')) return [whole];
  return [...content.matchAll(/[A-Za-z0-9./$]{20,}/g)]
    .map(([token]) => token)
    .filter((token) => /\d/.test(token) && /[a-z]/i.test(token) && !/^\/|\.[a-z]+$/.test(token));
}

/** Remembers all secret values as they are now, in the notations that programs give them. */
async function remember(): Promise<void> {
  for (const [file, content] of await filesBelow(join(project.directory, 'secrets'))) {
    // A generation keeps its own copies, most of them with the same values.
    const path = file.replace(/^\.generations\/\d+\//, '');
    for (const value of valuesOf(content)) {
      secrets.set(value, path);
      secrets.set(Buffer.from(value).toString('base64').replace(/=+$/, ''), `${path} in base64`);
      secrets.set(Buffer.from(value).toString('hex'), `${path} in hex`);
      secrets.set(encodeURIComponent(value), path);
    }
  }
}

/** The places in which a secret stands, as `where: which`; never the value. */
function found(texts: ReadonlyMap<string, string>): string[] {
  const places: string[] = [];
  for (const [place, text] of texts) {
    for (const [value, path] of secrets) if (text.includes(value)) places.push(`${place}: ${path}`);
  }
  return places;
}

/** Runs the binary with every program that it starts on record; it has to end with one of the codes. */
async function traced(args: readonly string[], codes: readonly number[] = [0]): Promise<void> {
  const log = join(project.directory, '..', `trace-${project.name}`);
  const tracer = [
    'strace',
    '-f',
    '-qq',
    '-v',
    '-s',
    '1000000',
    '-e',
    'trace=execve',
    '-o',
    log,
    '--',
  ];
  const { exitCode, stdout, stderr } = await project.run(args, {
    launcher: tracer,
    timeoutMs: 600_000,
  });
  const name = `jacker ${args.join(' ')}`;
  const count = String(outputs.size);
  outputs.set(`${count} ${name}, what it printed`, stdout + stderr);
  outputs.set(`${count} ${name}, what it started`, await readFile(log, 'utf8'));
  await execa('rm', [log]);
  if (!codes.includes(exitCode)) throw new Error(`${name}: ${String(exitCode)}\n${stderr}`);
}

/** Signs in as people do, and opens the application. */
async function visit(): Promise<void> {
  const { postgres, redis } = await visitSample(project);
  expect(postgres).toBeGreaterThan(0);
  expect(redis).toBeGreaterThan(0);
}

/** An application that prints what it was given, and ends: the worst that a failing one can do. */
const talkative = `services:
  sample:
    command:
      - node
      - -e
      - |
        const files = require('node:fs');
        for (const name of files.readdirSync('/run/secrets')) {
          const text = files.readFileSync('/run/secrets/' + name, 'utf8');
          console.error('my secret is', text, encodeURIComponent(text), btoa(text));
        }
        process.exit(3);
`;

async function docker(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await project.docker(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout + stderr;
}

async function idsOf(kind: 'container' | 'network' | 'volume'): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project.name}`;
  const all = kind === 'container' ? ['--all'] : [];
  return (await docker(kind, 'ls', '-q', ...all, '--filter', filter)).split('\n').filter(Boolean);
}

describe('no secret value', () => {
  beforeAll(async () => {
    if ((await execa('strace', ['-V'], { reject: false })).failed) {
      await execa('apt-get', ['install', '-y', '--no-install-recommends', 'strace']);
    }
    project = await createTestProject(await ensureTestbed(), { sample: true });
    const sampler = sampleProcesses();
    try {
      await traced(['init', '--no-input', '--verbose']);
      await remember();
      await traced(['plan', '--json']);
      await traced(['up', '--verbose']);
      await remember();
      await visit();
      await traced(['secrets', 'list']);
      await traced(['secrets', 'check']);
      await traced(['secrets', 'generate', '--force', 'redis-sample', '--json']);
      await traced(['secrets', 'generate', '--force', 'postgres-sample']);
      await remember();
      await traced(['up', '--verbose']);
      await remember();
      await project.write('overrides/talkative.yml', talkative);
      await traced(['up', '--verbose'], [6]);
      expect([...outputs.values()].join('')).toContain('my secret is [secret]');
      await rm(join(project.directory, 'overrides/talkative.yml'));
      await visit();
      await traced(['certs', 'renew', '--verbose']);
      await remember();
      await traced(['up', '--verbose']);
      await remember();
      await traced(['restart', 'sample', '--verbose']);
      await traced(['exec', 'sample', 'node', '--version']);
      await traced(['logs', '--tail', '50']);
      await traced(['status', '--json']);
      // They may end with findings; what they say of them is looked through like everything else.
      await traced(['doctor', '--json'], [0, 4]);
      await traced(['verify', '--attack', '--json'], [0, 4]);
      await visit();
      // The mode with a secret that comes from a person. Without a network nobody is asked for it.
      await project.write('secrets/oauth-client-secret', 'Kx7pQ2vN9rT4wZ8mB3cF6hJ1');
      await project.set({
        AUTH_MODE: 'oauth',
        OAUTH_PROVIDER: 'github',
        OAUTH_CLIENT_ID: 'jacker',
        OAUTH_ALLOWED_EMAILS: 'ann@example.test',
      });
      await remember();
      await traced(['up', '--verbose']);
      await remember();
      await traced(['verify', '--json'], [0, 4]);
      await traced(['secrets', 'check']);
    } finally {
      samples = await sampler.stop();
    }
  });
  afterAll(() => project.remove());

  it('is overlooked by this test: each is found where it belongs', async () => {
    const places = found(await filesBelow(join(project.directory, 'secrets')));
    for (const name of [
      'admin-password',
      'postgres-sample',
      'redis-sample',
      'oauth-cookie',
      'oauth-client-secret',
    ]) {
      expect(places).toContain(`${name}: ${name}`);
    }
    expect(places.some((place) => place.includes('users.acl'))).toBe(true);
    expect(places.some((place) => place.startsWith('ca.key: '))).toBe(true);
    expect(secrets.size).toBeGreaterThan(60);
  });

  it('is in an argument or the environment of a program that Jacker starts', () => {
    const text = [...outputs.values()].join('\n');
    expect(text).toMatch(/execve\("[^"]*docker", \["docker", "compose"/);
    expect(text).toMatch(/"DOCKER_HOST=unix:/);
    expect(found(outputs)).toEqual([]);
  });

  it('is in an argument or the environment of any process, in containers too', () => {
    const commands = [...samples.commands].join('\n');
    for (const program of ['postgres', 'redis-server', 'psql', 'docker compose']) {
      expect(commands).toContain(program);
    }
    expect(
      found(
        new Map([
          ['arguments', commands],
          ['environments', [...samples.environments].join('\n')],
        ]),
      ),
    ).toEqual([]);
  });

  it('is in what the engine tells: logs, labels, environments, commands, events, history', async () => {
    const texts = new Map<string, string>();
    for (const kind of ['container', 'network', 'volume'] as const) {
      const ids = await idsOf(kind);
      expect(ids.length).toBeGreaterThan(1);
      texts.set(`docker ${kind} inspect`, await docker(kind, 'inspect', ...ids));
    }
    for (const id of await idsOf('container')) {
      texts.set(`docker logs ${id}`, await docker('logs', id));
      const image = (await docker('inspect', '--format', '{{.Image}}', id)).trim();
      texts.set(`docker image inspect ${image}`, await docker('image', 'inspect', image));
      texts.set(`docker history ${image}`, await docker('history', '--no-trunc', image));
    }
    const since = String(Math.floor(started.getTime() / 1000));
    const until = String(Math.ceil(Date.now() / 1000));
    const events = await docker('events', '--since', since, '--until', until);
    expect(events).toContain('exec_create: psql');
    texts.set('docker events', events);
    expect(found(texts)).toEqual([]);
  });

  it('is in the project folder outside secrets/: records, generations, generated files', async () => {
    const texts = await filesBelow(project.directory, ['secrets']);
    const names = [...texts.keys()];
    expect(names).toContain('.jacker/audit.ndjson');
    expect(names.some((name) => /^\.jacker\/journal\/.+\.ndjson$/.test(name))).toBe(true);
    expect(names.some((name) => /^\.jacker\/generations\/0002\/tree\//.test(name))).toBe(true);
    expect(found(texts)).toEqual([]);
  });

  it('is in what jacker down prints or starts, with and without the data', async () => {
    const sampler = sampleProcesses();
    await traced(['down', '--verbose']);
    await traced(['up']);
    await traced(['down', '--volumes', '--confirm', project.name, '--json']);
    const { commands, environments } = await sampler.stop();
    expect([...commands].join('\n')).toContain('docker compose');
    expect(found(outputs)).toEqual([]);
    expect(
      found(
        new Map([
          ['arguments', [...commands].join('\n')],
          ['environments', [...environments].join('\n')],
        ]),
      ),
    ).toEqual([]);
  });
});
