import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEngine, type Engine } from '../../src/docker/engine.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import type { EngineInfo } from '../../src/docker/facts.ts';
import { createHost, type Host } from '../../src/docker/host.ts';
import { createCompose } from '../../src/docker/compose.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { Settings } from '../../src/settings/definition.ts';
import { doctor, type Check, type DoctorInput } from '../../src/usecases/doctor.ts';

const now = new Date('2026-03-01T12:00:00Z');
const gibibyte = 1024 ** 3;

const goodInfo: EngineInfo = {
  version: '28.1.0',
  hostname: 'host',
  operatingSystem: 'Linux',
  cpus: 2,
  memory: 8 * gibibyte,
  storageDriver: 'overlay2',
  dataRoot: '/var/lib/docker',
  cgroupDriver: 'systemd',
  cgroupVersion: '2',
  security: ['apparmor', 'seccomp', 'cgroupns'],
  seccompProfile: 'builtin',
  liveRestore: true,
  loggingDriver: 'json-file',
  firewall: '',
  addressPools: [],
  systemTime: now.toISOString(),
  warnings: [],
  swarm: 'inactive',
};

const goodFiles: Record<string, string> = {
  '/etc/docker/daemon.json': '{"userland-proxy": false}',
  '/etc/group': 'root:x:0:\ndocker:x:998:root\n',
  '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
  '/proc/net/tcp': 'header\n',
  '/proc/net/tcp6': 'header\n',
  '/proc/sys/net/ipv6/conf/all/disable_ipv6': '0\n',
  '/run/systemd/timesync/synchronized': '',
};

/** A host on which nothing is wrong, changed in the places that a test is about. */
interface Situation {
  info?: Partial<EngineInfo>;
  engine?: Partial<Engine>;
  version?: string;
  host?: Partial<Host>;
  files?: Record<string, string | null>;
  settings?: Record<string, string | number>;
  endpoint?: { host: string; kind: 'unix' | 'tcp' | 'ssh'; socketPath?: string };
  input?: Partial<DoctorInput>;
}

function situation(change: Situation): DoctorInput {
  const files = { ...goodFiles, ...change.files };
  const version = change.version ?? '28.1.0';
  const engine: Partial<Engine> = {
    version: async () => ({
      version,
      apiVersion: '1.49',
      minApiVersion: '1.24',
      os: 'linux',
      architecture: 'amd64',
      kernel: '6.1',
    }),
    info: async () => ({ ...goodInfo, ...change.info }),
    listContainers: async () => [],
    listNetworks: async () => [],
    close: () => undefined,
    ...change.engine,
  };
  const settings: Settings = {
    values: {
      PROJECT_NAME: 'shop',
      DOMAIN: 'shop.localhost',
      BIND_ADDRESS: '127.0.0.1',
      HTTP_PORT: 80,
      HTTPS_PORT: 443,
      ...change.settings,
    },
    sources: {},
  };
  return {
    world: {
      clock: { now: () => now },
      files: {
        readText: async (path) => files[path] ?? null,
        facts: async (path) =>
          files[path] == null ? null : { kind: 'file', mode: 0o660, uid: 0, gid: 998, size: 0 },
      },
    },
    host: {
      diskSpace: async () => ({
        free: 50 * gibibyte,
        total: 100 * gibibyte,
        freeInodes: 900,
        totalInodes: 1000,
      }),
      socketOwner: async () => ({ pid: 77, command: 'nginx' }),
      resolve: async () => ['203.0.113.5'],
      addresses: () => ['127.0.0.1', '203.0.113.5'],
      ...change.host,
    },
    projectDir: '/srv/shop',
    openEngine: async () => ({
      endpoint: {
        source: 'default',
        cli: 'present',
        environment: {},
        ...(change.endpoint ?? {
          host: 'unix:///var/run/docker.sock',
          kind: 'unix',
          socketPath: '/var/run/docker.sock',
        }),
      },
      engine: engine as Engine,
    }),
    composeVersion: async () => '2.35.0',
    settings,
    networksNeeded: 12,
    memoryNeeded: 2 * gibibyte,
    ...change.input,
  };
}

async function verdict(change: Situation, id: string): Promise<Check> {
  const checks = await doctor(situation(change));
  const check = checks.find((entry) => entry.id === id);
  if (!check) throw new Error(`no check ${id} among ${checks.map((entry) => entry.id).join(' ')}`);
  return check;
}

const listening = (address: string, port: number) =>
  `header\n 0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 0:0 0:0 0 0 0 4242 1\n`;

describe('doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    const checks = await doctor(situation({}));
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  it('gives one advice with whatever is not well, and none otherwise', async () => {
    const bad = await doctor(
      situation({
        version: '20.10.0',
        info: {
          security: ['userns'],
          seccompProfile: null,
          cgroupVersion: '1',
          liveRestore: false,
          storageDriver: 'vfs',
          memory: gibibyte,
          systemTime: '2026-03-01T12:01:00Z',
        },
        files: {
          '/etc/docker/daemon.json': null,
          '/run/systemd/timesync/synchronized': null,
          '/etc/group': 'docker:x:998:alice\n',
        },
        host: {
          diskSpace: async () => ({ free: 1, total: 100, freeInodes: 1, totalInodes: 1000 }),
          resolve: async () => [],
        },
        settings: { DOMAIN: 'example.com' },
      }),
    );
    const troubled = bad.filter(({ status }) => status !== 'ok');
    expect(troubled.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'engine-version fail',
      'cgroup warn',
      'seccomp fail',
      'mandatory-access-control warn',
      'userns warn',
      'storage-driver warn',
      'live-restore warn',
      'userland-proxy warn',
      'docker-group warn',
      'disk-project fail',
      'disk-project-inodes warn',
      'disk-docker fail',
      'disk-docker-inodes warn',
      'memory warn',
      'clock-sync unknown',
      'clock-engine warn',
      'dns fail',
    ]);
    for (const { status, advice } of bad) expect(advice !== undefined).toBe(status !== 'ok');
  });

  it('looks at all the rest where Docker is absent', async () => {
    const env = { PATH: '/nonexistent', DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const files = nodeFileSystem();
    const checks = await doctor({
      world: { files, clock: { now: () => new Date() } },
      host: createHost(),
      projectDir: tmpdir(),
      openEngine: async () => {
        const endpoint = await resolveEndpoint({ env, files });
        return { endpoint, engine: createEngine(endpoint) };
      },
      composeVersion: () =>
        createCompose({
          environment: env,
          projectDir: tmpdir(),
          projectName: 'x',
          files: [],
        }).version(),
    });
    const status = Object.fromEntries(checks.map((check) => [check.id, check.status]));
    expect(status).toMatchObject({
      engine: 'fail',
      compose: 'fail',
      seccomp: 'unknown',
      'disk-docker': 'unknown',
      'address-pools': 'unknown',
      dns: 'unknown',
      ipv6: 'ok',
    });
    expect(['ok', 'warn', 'fail']).toContain(status['disk-project']);
    expect(checks.find(({ id }) => id === 'compose')?.seen).toContain('docker command');
  });

  it('never calls a thing well that it could not see', async () => {
    const denied = async () => {
      throw new Error('EACCES: permission denied');
    };
    const check = await verdict({ host: { diskSpace: denied } }, 'disk');
    expect(check).toMatchObject({ status: 'unknown', seen: 'EACCES: permission denied' });
  });

  it('keeps its own machine apart from a remote engine’s', async () => {
    const remote = { host: 'ssh://me@host', kind: 'ssh' as const };
    const files = { '/proc/net/tcp': listening('00000000', 80) };
    for (const id of ['port-80', 'docker-group', 'disk-docker', 'ipv6', 'userland-proxy']) {
      expect(await verdict({ endpoint: remote, files }, id)).toMatchObject({
        status: 'unknown',
        seen: 'the engine is on another machine',
      });
    }
  });

  it('refuses an engine that listens on the network without TLS', async () => {
    const open = { host: 'tcp://10.0.0.5:2375', kind: 'tcp' as const };
    expect((await verdict({ endpoint: open }, 'engine-transport')).status).toBe('fail');
    const loopback = { host: 'tcp://127.0.0.1:2375', kind: 'tcp' as const };
    expect((await verdict({ endpoint: loopback }, 'engine-transport')).status).toBe('ok');
  });
});

describe('a port', () => {
  const container = {
    id: 'f00',
    name: 'other-web-1',
    image: 'nginx',
    imageId: '',
    state: 'running',
    status: 'Up',
    labels: {},
    ports: [{ address: '0.0.0.0', hostPort: 443, containerPort: 443, protocol: 'tcp' }],
  };

  it('held by a process is a failure that names it and another port', async () => {
    const check = await verdict(
      { files: { '/proc/net/tcp': listening('0100007F', 80) } },
      'port-80',
    );
    expect(check).toMatchObject({ status: 'fail', seen: 'held by nginx (process 77)' });
    expect(check.advice).toContain('HTTP_PORT=8080');
  });

  it('held on another address of the machine is free', async () => {
    const files = { '/proc/net/tcp': listening('0A00A8C0', 80) };
    expect((await verdict({ files }, 'port-80')).status).toBe('ok');
    const everywhere = { files, settings: { BIND_ADDRESS: '0.0.0.0' } };
    expect((await verdict(everywhere, 'port-80')).status).toBe('fail');
  });

  it('held by this project’s own container is well, by another’s it is not', async () => {
    const held = (project: string) => ({
      engine: { listContainers: async () => [{ ...container, project }] },
      files: { '/proc/net/tcp': listening('00000000', 443) },
    });
    expect((await verdict(held('shop'), 'port-443')).status).toBe('ok');
    expect(await verdict(held('other'), 'port-443')).toMatchObject({
      status: 'fail',
      seen: 'held by the container other-web-1',
    });
  });

  it('below 1024 is closed to a rootless engine until the kernel allows it', async () => {
    const rootless = { info: { security: ['seccomp', 'rootless', 'apparmor'] } };
    const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    const check = await verdict({ ...rootless, files: { [file]: '1024\n' } }, 'port-80');
    expect(check).toMatchObject({ status: 'fail' });
    expect((await verdict({ ...rootless, files: { [file]: '80\n' } }, 'port-80')).status).toBe(
      'ok',
    );
  });

  it('is looked for on the real machine', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const input = situation({ settings: { HTTP_PORT: port } });
    const files = nodeFileSystem();
    const checks = await doctor({
      ...input,
      host: createHost(),
      world: { ...input.world, files },
    });
    expect(checks.find(({ id }) => id === `port-${port}`)).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining(`process ${process.pid}`) as string,
    });
  });
});

describe('the domain', () => {
  const example = { DOMAIN: 'example.com' };

  it('may be elsewhere: behind a router that is a warning, not a failure', async () => {
    const host = { resolve: async () => ['198.51.100.1'] };
    expect(await verdict({ settings: example, host }, 'dns')).toMatchObject({ status: 'warn' });
    expect((await verdict({ settings: example }, 'dns')).status).toBe('ok');
  });

  it('is unknown where no name server answers', async () => {
    const host = {
      resolve: async () => {
        throw new Error('queryA ETIMEOUT example.com');
      },
    };
    expect((await verdict({ settings: example, host }, 'dns')).status).toBe('unknown');
  });
});

describe('addresses for networks', () => {
  it('are a failure where the project needs more than are left', async () => {
    const info = { addressPools: [{ base: '10.9.0.0/23', size: 24 }] };
    const own = {
      id: 'n',
      name: 'shop_edge',
      driver: 'bridge',
      internal: false,
      attachable: false,
      ipv6: false,
      subnets: ['10.9.0.0/24'],
      options: {},
      labels: { 'com.docker.compose.project': 'shop' },
      containers: {},
    };
    const engine = { listNetworks: async () => [own] };
    const needs = (networksNeeded: number) => ({ info, engine, input: { networksNeeded } });
    expect((await verdict(needs(3), 'address-pools')).status).toBe('fail');
    expect((await verdict(needs(2), 'address-pools')).status).toBe('ok');
  });
});
