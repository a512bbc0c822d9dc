import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/docker/engine.ts';
import type { ContainerFacts } from '../../src/docker/facts.ts';
import { JackerError } from '../../src/error.ts';
import { createTestbedProject, type TestbedProject } from './testbed-project.ts';

const services = `
services:
  box:
    image: TOOLBOX
    command: [sh, -c, 'echo to-stdout; echo to-stderr >&2; exec sleep infinity']
    user: '1000:1000'
    read_only: true
    cap_drop: [ALL]
    cap_add: [CHOWN]
    security_opt: ['no-new-privileges:true']
    pids_limit: 50
    mem_limit: 64m
    cpus: 0.5
    init: true
    group_add: ['4711']
    tmpfs: ['/tmp:size=1m,noexec']
    stop_grace_period: 0s
    ulimits: { nofile: { soft: 100, hard: 200 } }
    environment: { COLOUR: blue }
    labels: { test.label: here }
    volumes: ['data:/data', './docker-compose.yml:/compose.yml:ro']
    networks: [inner]
    logging: { driver: json-file, options: { max-size: 1m } }
    restart: on-failure:3
    healthcheck: { test: [CMD, 'true'], interval: 1s }
  stopped:
    image: TOOLBOX
    command: ['true']
    profiles: [never]
networks: { inner: { internal: true } }
volumes: { data: {} }
`;

let project: TestbedProject;
let engine: Engine;
let box: string;

beforeAll(async () => {
  project = await createTestbedProject(services);
  engine = project.engine;
  await project.compose.up({ waitTimeoutSeconds: 60 });
  const [container] = await engine.listContainers({ project: project.name });
  box = container?.id ?? '';
}, 300_000);

afterAll(async () => {
  await project.remove();
}, 60_000);

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

describe('a container’s facts', () => {
  let facts: ContainerFacts;

  beforeAll(async () => {
    facts = (await engine.inspectContainer(box))!;
  });

  it('tell which isolation and limits are in force', () => {
    expect(facts.host).toMatchObject({
      privileged: false,
      capDrop: ['ALL'],
      securityOpt: ['no-new-privileges:true'],
      readonlyRootfs: true,
      pidsLimit: 50,
      memory: 64 * 1024 * 1024,
      nanoCpus: 500_000_000,
      ulimits: [{ name: 'nofile', soft: 100, hard: 200 }],
      tmpfs: { '/tmp': 'size=1m,noexec' },
      groupAdd: ['4711'],
      init: true,
      restartPolicy: { name: 'on-failure', maximumRetryCount: 3 },
      logConfig: { type: 'json-file', config: { 'max-size': '1m' } },
      pidMode: '',
      usernsMode: '',
      devices: [],
    });
    expect(facts.host.capAdd.map((name) => name.replace(/^CAP_/, ''))).toEqual(['CHOWN']);
    expect(facts.host.maskedPaths).toContain('/proc/kcore');
  });

  it('tell configuration, state, mounts and networks', () => {
    expect(facts.config).toMatchObject({
      user: '1000:1000',
      image: project.testbed.images.toolbox,
      healthcheck: { test: ['CMD', 'true'], interval: 1_000_000_000 },
      tty: false,
    });
    expect(facts.config.env).toContain('COLOUR=blue');
    expect(facts.config.labels['test.label']).toBe('here');
    expect(facts.state).toMatchObject({ status: 'running', health: 'healthy', restartCount: 0 });
    expect(facts.state.pid).toBeGreaterThan(0);
    expect(facts.mounts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'volume',
          source: `${project.name}_data`,
          target: '/data',
          writable: true,
        }),
        expect.objectContaining({ type: 'bind', target: '/compose.yml', writable: false }),
      ]),
    );
    expect(facts.networks[`${project.name}_inner`]?.ipAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it('are null where there is no such container', async () => {
    expect(await engine.inspectContainer('no-such-container')).toBeNull();
  });
});

describe('a command in a container', () => {
  it('gives its exit code and its two outputs apart', async () => {
    const result = await engine.exec(box, ['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(result).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('runs as the container’s user, or as another', async () => {
    expect((await engine.exec(box, ['id', '-u'])).stdout).toBe('1000\n');
    expect((await engine.exec(box, ['id', '-u'], { user: '33:33' })).stdout).toBe('33\n');
  });

  it('has no input unless some is given', async () => {
    expect(await engine.exec(box, ['cat'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('gets its input and then its end, while its output still comes', async () => {
    const script = 'cat; echo "after the end"; sleep 0.2; echo later';
    const result = await engine.exec(box, ['sh', '-c', script], { stdin: 'grüße\n' });
    expect(result.stdout).toBe('grüße\nafter the end\nlater\n');
  });

  it('sees the end of an empty input', async () => {
    expect((await engine.exec(box, ['wc', '-c'], { stdin: '' })).stdout.trim()).toBe('0');
  });

  it('gets every byte of a large input', async () => {
    const bytes = randomBytes(5 * 1024 * 1024);
    const { stdout } = await engine.exec(box, ['sha256sum'], { stdin: bytes });
    expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('may answer while it reads: neither side stands still', async () => {
    const text = 'ä€😀 line\n'.repeat(300_000);
    const { stdout } = await engine.exec(box, ['cat'], { stdin: text });
    expect(stdout.length).toBe(text.length);
    expect(stdout === text).toBe(true);
  });

  it('may end without reading its input', async () => {
    const result = await engine.exec(box, ['sh', '-c', 'exit 3'], {
      stdin: randomBytes(1_000_000),
    });
    expect(result.exitCode).toBe(3);
  });

  it('many at once keep their outputs', async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => String(index));
    const results = await Promise.all(
      numbers.map((number) => engine.exec(box, ['cat'], { stdin: number })),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(numbers);
  });

  it('that does not exist has exit code 126 or 127', async () => {
    const { exitCode } = await engine.exec(box, ['/no/such/program']);
    expect([126, 127]).toContain(exitCode);
  });

  it('that takes too long is an error', async () => {
    const error = await failureOf(engine.exec(box, ['sleep', '20'], { timeoutMs: 300 }));
    expect(error.message).toContain('sleep in the container did not end within 0.3 seconds');
  });

  it('is given up on an abort', async () => {
    const abort = new AbortController();
    const work = engine.exec(box, ['sleep', '20'], { stdin: '', signal: abort.signal });
    setTimeout(() => abort.abort(), 200);
    expect((await failureOf(work)).code).toBe('interrupted');
  });

  it('needs a container that is there', async () => {
    const error = await failureOf(engine.exec('no-such-container', ['true']));
    expect(error.code).toBe('not-running');
  });
});

describe('what a container tells', () => {
  it('is its log, apart by stream', async () => {
    expect(await engine.logs(box)).toEqual({ stdout: 'to-stdout\n', stderr: 'to-stderr\n' });
    const after = await engine.logs(box, { since: new Date(Date.now() + 60_000) });
    expect(after).toEqual({ stdout: '', stderr: '' });
  });

  it('are its processes', async () => {
    const commands = (await engine.top(box)).map((line) => line['CMD']);
    expect(commands).toContainEqual(expect.stringContaining('sleep infinity'));
  });

  it('is what it uses', async () => {
    const stats = await engine.stats(box);
    expect(stats.memory).toBeGreaterThan(0);
    expect(stats.memoryLimit).toBe(64 * 1024 * 1024);
    expect(stats.pids).toBeGreaterThan(0);
  });
});

describe('the engine’s lists', () => {
  it('hold what belongs to the project and nothing else', async () => {
    const [containers, networks, volumes] = await Promise.all([
      engine.listContainers({ project: project.name }),
      engine.listNetworks({ project: project.name }),
      engine.listVolumes({ project: project.name }),
    ]);
    expect(containers.map(({ service, state }) => [service, state])).toEqual([['box', 'running']]);
    expect(networks.map(({ name, internal }) => [name, internal])).toEqual([
      [`${project.name}_inner`, true],
    ]);
    expect(volumes.map(({ name }) => name)).toEqual([`${project.name}_data`]);
    expect(await engine.listContainers({ project: 'no-such-project' })).toEqual([]);
  });

  it('tell who is in a network', async () => {
    const network = await engine.inspectNetwork(`${project.name}_inner`);
    expect(Object.keys(network?.containers ?? {})).toEqual([box]);
    expect(network?.subnets).toHaveLength(1);
    expect(await engine.inspectNetwork('no-such-network')).toBeNull();
  });

  it('refuse to remove a volume in use, and take a missing one as removed', async () => {
    const error = await failureOf(engine.removeVolume(`${project.name}_data`));
    expect(error.code).toBe('docker-failed');
    await engine.removeVolume('no-such-volume');
  });
});

describe('the engine', () => {
  it('says what it is', async () => {
    const [version, info] = await Promise.all([engine.version(), engine.info()]);
    expect(version.version).toMatch(/^\d+\.\d+/);
    expect(version.version).toBe(info.version);
    expect(info.security).toContain('seccomp');
    expect(info.seccompProfile).not.toBeNull();
    expect(info.memory).toBeGreaterThan(0);
    expect(Math.abs(Date.parse(info.systemTime) - Date.now())).toBeLessThan(60_000);
  });
});
