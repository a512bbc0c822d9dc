import { randomBytes } from 'node:crypto';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentContext } from '../../src/docker/context.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import { createEngine } from '../../src/docker/engine.ts';
import { sshArguments } from '../../src/docker/ssh-connection.ts';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { installFakeDocker } from './fake-docker.ts';
import { createTestbedProject, type TestbedProject } from './testbed-project.ts';

const files = nodeFileSystem();
let project: TestbedProject;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jacker-transport-'));
  project = await createTestbedProject(
    'services: { box: { image: TOOLBOX, command: [sleep, infinity], init: true, stop_grace_period: 0s } }',
  );
  await project.compose.up({ waitTimeoutSeconds: 60 });
}, 300_000);

afterAll(async () => {
  await project.remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Joins a connection to the engine's socket; each side may close its direction on its own. */
function joinToEngine(incoming: Socket): void {
  const engine = connectSocket({ path: project.testbed.socketPath, allowHalfOpen: true });
  incoming.pipe(engine).pipe(incoming);
  incoming.on('error', () => engine.destroy());
  engine.on('error', () => incoming.destroy());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The engine answers, and a command's input and its end arrive. */
async function expectConversation(env: Record<string, string>): Promise<void> {
  const engine = createEngine(await resolveEndpoint({ env, files }));
  try {
    expect((await engine.version()).apiVersion).toMatch(/^1\.\d+$/);
    const [box] = await engine.listContainers({ project: project.name });
    const text = randomBytes(300_000).toString('hex');
    const { stdout, exitCode } = await engine.exec(box!.id, ['cat'], { stdin: text });
    expect([exitCode, stdout === text]).toEqual([0, true]);
    expect((await engine.exec(box!.id, ['echo', 'plain'])).stdout).toBe('plain\n');
  } finally {
    engine.close();
  }
}

describe('an engine behind TCP', () => {
  it('is talked to, input included', async () => {
    const server = createServer({ allowHalfOpen: true }, joinToEngine);
    const port = await listen(server);
    try {
      await expectConversation({ DOCKER_HOST: `tcp://127.0.0.1:${port}` });
    } finally {
      server.close();
    }
  }, 30_000);
});

describe('an engine behind TLS', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    const openssl = (...argv: string[]) => execa('openssl', argv, { cwd: folder });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await openssl('req', '-x509', ...key, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
    for (const name of ['server', 'client']) {
      const file = name === 'client' ? ['key.pem', 'cert.pem'] : ['server.key', 'server.pem'];
      const signed = [
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ];
      await openssl(
        'req',
        '-x509',
        ...key,
        ...signed,
        '-subj',
        `/CN=${name}`,
        '-keyout',
        file[0]!,
        '-out',
        file[1]!,
      );
    }
    server = createTlsServer(
      {
        ca: await readFile(join(folder, 'ca.pem')),
        key: await readFile(join(folder, 'server.key')),
        cert: await readFile(join(folder, 'server.pem')),
        requestCert: true,
        rejectUnauthorized: true,
        allowHalfOpen: true,
      },
      joinToEngine,
    );
    port = await listen(server);
  }, 30_000);

  afterAll(() => {
    server.close();
  });

  it('is talked to with the client certificate, input included', async () => {
    await expectConversation({
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: folder,
    });
  }, 30_000);

  it('is refused where its certificate is for another name', async () => {
    const endpoint = await resolveEndpoint({
      env: {
        DOCKER_HOST: `tcp://localhost:${port}`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: folder,
      },
      files,
    });
    const error: unknown = await createEngine(endpoint)
      .version()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JackerError);
    expect((error as JackerError).problems[0]?.what).toContain('The TLS connection');
  });
});

describe('the context that the docker command chose', () => {
  it('is read from its files as the command itself reads it', async () => {
    const config = join(folder, 'client');
    const env = { PATH: project.testbed.env['PATH'] ?? '', DOCKER_CONFIG: config, HOME: folder };
    const docker = async (...args: string[]): Promise<string> =>
      (await execa('docker', ['context', ...args], { env, extendEnv: false })).stdout;
    const tls = ['ca', 'cert', 'key'].map((name) => `${name}=${join(folder, name)}.pem`).join(',');
    await docker('create', 'plain', '--docker', `host=${project.testbed.dockerHost}`);
    await docker('create', 'a+b_c.d-e', '--docker', `host=tcp://127.0.0.1:2376,${tls}`);
    for (const name of ['default', 'plain', 'a+b_c.d-e']) {
      await docker('use', name);
      const inspected = JSON.parse(await docker('inspect')) as {
        Name: string;
        Endpoints: { docker: { Host: string } };
        Storage: { TLSPath: string };
      }[];
      const read = await currentContext({ env, files });
      expect(read.name).toBe(inspected[0]?.Name);
      expect(read.host).toBe(inspected[0]?.Endpoints.docker.Host);
      const { tls: found } = await resolveEndpoint({ env, files });
      expect(found?.keyFile).toBe(
        name === 'a+b_c.d-e'
          ? join(inspected[0]?.Storage.TLSPath ?? '', 'docker/key.pem')
          : undefined,
      );
    }
    await docker('use', 'plain');
    await expectConversation(env);
  }, 30_000);
});

describe('an engine behind SSH', () => {
  it('is reached by the system’s ssh, whose known hosts and configuration hold', () => {
    expect(sshArguments('ssh://me@host.test:2222')).toEqual([
      '-T',
      '-o',
      'ConnectTimeout=30',
      '-l',
      'me',
      '-p',
      '2222',
      '--',
      'host.test',
      'docker',
      'system',
      'dial-stdio',
    ]);
    expect(sshArguments('ssh://host/run/docker.sock').slice(-4)).toEqual([
      '--host',
      'unix:///run/docker.sock',
      'system',
      'dial-stdio',
    ]);
  });

  it('is talked to, input included', async () => {
    const { testbed } = project;
    // Stands for the remote side: what ssh would run there runs here.
    const ssh = await installFakeDocker(
      `while [ "$1" != docker ]; do shift; done
PATH='${testbed.env['PATH'] ?? ''}' DOCKER_HOST='${testbed.dockerHost}'
export PATH DOCKER_HOST
exec "$@"`,
      'ssh',
    );
    try {
      await expectConversation({ DOCKER_HOST: 'ssh://me@host.test', PATH: ssh.path });
      const [call] = await ssh.calls();
      expect(call?.argv).toContain('host.test');
    } finally {
      await ssh.remove();
    }
  }, 30_000);
});
