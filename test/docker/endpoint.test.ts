import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/docker/engine.ts';
import { parseHost, resolveEndpoint, type Endpoint } from '../../src/docker/endpoint.ts';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { installFakeDocker, type FakeDocker } from './fake-docker.ts';

const files = nodeFileSystem();
let folder: string;
let fake: FakeDocker | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jacker-endpoint-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await fake?.remove();
  fake = undefined;
});

/** Writes a context as `docker context create` does; answers the folder of its TLS files. */
async function writeContext(name: string, host: string): Promise<string> {
  const key = createHash('sha256').update(name).digest('hex');
  const meta = join(folder, 'contexts', 'meta', key);
  await mkdir(meta, { recursive: true });
  const content = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host } } };
  await writeFile(join(meta, 'meta.json'), JSON.stringify(content));
  return join(folder, 'contexts', 'tls', key, 'docker');
}

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

describe('the engine that is used', () => {
  it('is DOCKER_HOST before any context, without calling docker', async () => {
    fake = await installFakeDocker('exit 1');
    const env = { PATH: fake.path, DOCKER_HOST: 'unix:///run/user/1000/docker.sock' };
    expect(await resolveEndpoint({ env, files })).toMatchObject({
      kind: 'unix',
      socketPath: '/run/user/1000/docker.sock',
      source: 'environment',
    });
    expect(await fake.calls()).toEqual([]);
  });

  it('is that of the current context otherwise, and stays it for child processes', async () => {
    await writeContext('rootless', 'unix:///run/user/1000/docker.sock');
    await writeFile(join(folder, 'config.json'), '{ "currentContext": "rootless" }');
    fake = await installFakeDocker('exit 1');
    const env = { PATH: fake.path, DOCKER_CONFIG: folder };
    const endpoint = await resolveEndpoint({ env, files });
    expect(endpoint).toMatchObject({
      socketPath: '/run/user/1000/docker.sock',
      source: 'context',
      context: 'rootless',
      cli: 'present',
    });
    expect(endpoint.environment['DOCKER_CONTEXT']).toBe('rootless');
    expect(await fake.calls()).toEqual([]);
  });

  it('is that of the context in DOCKER_CONTEXT before the chosen one', async () => {
    await writeContext('here', 'unix:///run/here.sock');
    await writeFile(join(folder, 'config.json'), '{ "currentContext": "elsewhere" }');
    const env = { DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'here' };
    expect((await resolveEndpoint({ env, files })).socketPath).toBe('/run/here.sock');
  });

  it.each(['{ broken', '[]', '{"currentContext": 5}', ''])(
    'is the default one where the client’s settings are %j',
    async (content) => {
      await writeFile(join(folder, 'config.json'), content);
      const env = { DOCKER_CONFIG: folder };
      const endpoint = await resolveEndpoint({ env, files });
      expect(endpoint).toMatchObject({ source: 'default', context: 'default' });
    },
  );

  it('is the default socket where there is no docker command', async () => {
    expect(await resolveEndpoint({ env: { PATH: folder, HOME: folder }, files })).toMatchObject({
      socketPath: '/var/run/docker.sock',
      source: 'default',
      cli: 'missing',
    });
  });

  it('has the TLS files of its context', async () => {
    const tlsFolder = await writeContext('remote', 'tcp://docker.test:2376');
    await mkdir(tlsFolder, { recursive: true });
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) {
      await writeFile(join(tlsFolder, name), '');
    }
    const env = { DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'remote' };
    const { tls } = await resolveEndpoint({ env, files });
    expect(tls?.certFile).toBe(join(tlsFolder, 'cert.pem'));
  });

  it('reports each TLS file that DOCKER_TLS_VERIFY needs and that is missing', async () => {
    await writeFile(join(folder, 'ca.pem'), '');
    const env = {
      DOCKER_HOST: 'tcp://docker.test:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: folder,
    };
    const error = await failureOf(resolveEndpoint({ env, files }));
    expect(error.problems.map((problem) => problem.where?.file)).toEqual([
      join(folder, 'cert.pem'),
      join(folder, 'key.pem'),
    ]);
  });

  it('names a context that does not exist, and where it is chosen', async () => {
    await writeFile(join(folder, 'config.json'), '{ "currentContext": "gone" }');
    const error = await failureOf(resolveEndpoint({ env: { DOCKER_CONFIG: folder }, files }));
    expect(error.exitCode).toBe(69);
    expect(error.message).toContain('context "gone" does not exist');
    expect(error.problems[0]?.where).toEqual({ file: join(folder, 'config.json') });
    expect(error.problems[0]?.hint).toContain('docker context use default');
  });

  it.each([
    '',
    'null',
    '[]',
    '{ "Name": "odd", "Endpoints": {} }',
    '{ "Name": "odd", "Endpoints": { "docker": null } }',
    '{ "Name": "odd", "Endpoints": { "docker": "unix:///run/x.sock" } }',
    '{ "Name": "odd", "Endpoints": { "docker": { "Host": 1 } } }',
  ])('names the file of a context that names no engine: %s', async (content) => {
    const tlsFolder = await writeContext('odd', 'unix:///run/x.sock');
    const file = join(tlsFolder.replace('/tls/', '/meta/'), '..', 'meta.json');
    await writeFile(file, content);
    const env = { DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'odd' };
    const error = await failureOf(resolveEndpoint({ env, files }));
    expect(error.problems[0]?.where).toEqual({ file });
  });

  it.each(['npipe:////./pipe/docker', 'unix://relative', 'tcp://', 'docker.test:2375', 'http://x'])(
    'is refused as %s',
    (host) => {
      expect(() => parseHost(host)).toThrow(JackerError);
    },
  );

  it('never shows a password that somebody put into its address', () => {
    expect(() => parseHost('ssh://user:hunter2@host')).toThrow(/password does not belong/);
    expect(() => parseHost('ssh://user:hunter2@host')).not.toThrow(/hunter2/);
  });

  it('is passed to children with nothing else of the environment', async () => {
    const env = {
      PATH: '/usr/bin',
      HOME: '/home/me',
      DOCKER_HOST: 'unix:///var/run/docker.sock',
      DOCKER_CONFIG: '/home/me/.docker',
      SSH_AUTH_SOCK: '/tmp/agent',
      COMPOSE_FILE: 'other.yml',
      POSTGRES_PASSWORD: 'secret',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    const { environment } = await resolveEndpoint({ env, files });
    expect(Object.keys(environment).sort()).toEqual([
      'DOCKER_CONFIG',
      'DOCKER_HOST',
      'HOME',
      'PATH',
      'SSH_AUTH_SOCK',
    ]);
  });
});

describe('an engine that cannot be reached', () => {
  const at = (socketPath: string, more: Partial<Endpoint> = {}): Endpoint => ({
    host: `unix://${socketPath}`,
    kind: 'unix',
    source: 'default',
    cli: 'present',
    socketPath,
    environment: {},
    ...more,
  });

  it('is "not installed" without a docker command and without a socket', async () => {
    const engine = createEngine(at(join(folder, 'none.sock'), { cli: 'missing' }));
    const error = await failureOf(engine.version());
    expect([error.code, error.problems[0]?.what]).toEqual([
      'docker-unavailable',
      'Docker is not installed',
    ]);
  });

  it('is "not running" where only the socket is missing', async () => {
    const error = await failureOf(createEngine(at(join(folder, 'none.sock'))).version());
    expect(error.problems).toEqual([
      {
        what: 'The Docker Engine is not running',
        why: `its socket ${join(folder, 'none.sock')} does not exist`,
        hint: 'Start it: sudo systemctl start docker',
      },
    ]);
  });

  it('is "stopped" where a dead socket was left behind', async () => {
    const socketPath = join(folder, 'dead.sock');
    await leaveDeadSocket(socketPath);
    const error = await failureOf(createEngine(at(socketPath)).version());
    expect(error.message).toContain('nobody listens');
    expect(error.exitCode).toBe(69);
  });

  it('is a question of permission where the socket is closed to us', async () => {
    const socketPath = join(folder, 'closed.sock');
    const server = createServer().listen(socketPath);
    await new Promise((resolve) => server.once('listening', resolve));
    await chmod(socketPath, 0o600);
    await chmod(folder, 0o755);
    // Root may use every socket: step down for the attempt.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      const error = await failureOf(createEngine(at(socketPath)).version());
      expect([error.code, error.exitCode]).toEqual(['permission', 77]);
      expect(error.problems[0]?.hint).toContain('docker');
    } finally {
      if (root) process.seteuid?.(0);
      server.close();
    }
  });

  it('is named by its address where it is elsewhere', async () => {
    const error = await failureOf(
      createEngine({
        host: 'tcp://127.0.0.1:1',
        kind: 'tcp',
        source: 'environment',
        cli: 'unknown',
        environment: {},
      }).version(),
    );
    expect(error.message).toContain('tcp://127.0.0.1:1 cannot be reached');
    expect(error.problems[0]?.hint).toContain('DOCKER_HOST');
  });
});

/** A socket file without its listener: node removes it on close, so a child is killed instead. */
async function leaveDeadSocket(socketPath: string): Promise<void> {
  const { execa } = await import('execa');
  const script = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await execa(process.execPath, ['-e', script], { reject: false });
}
