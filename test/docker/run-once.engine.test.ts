import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/docker/engine.ts';
import type { OneShot } from '../../src/docker/run-once.ts';
import { JackerError } from '../../src/error.ts';
import { createTestbedProject, type TestbedProject } from './testbed-project.ts';

let project: TestbedProject;
let engine: Engine;
let label: string;

beforeAll(async () => {
  project = await createTestbedProject(`
services:
  other: { image: TOOLBOX, command: [sleep, infinity], init: true, networks: [one, two] }
networks: { one: { internal: true }, two: { internal: true } }
volumes: { data: {} }
`);
  engine = project.engine;
  label = project.name;
  await project.compose.up({ waitTimeoutSeconds: 60 });
}, 300_000);

afterAll(async () => {
  await project.remove();
}, 60_000);

const shot = (argv: string[], more: Partial<OneShot> = {}): OneShot => ({
  image: project.testbed.images.toolbox,
  argv,
  user: '1000:1000',
  networks: 'none',
  labels: { 'test.one-shot': label },
  ...more,
});

async function remaining(): Promise<string[]> {
  const containers = await engine.listContainers({});
  return containers.filter(({ labels }) => labels['test.one-shot'] === label).map(({ id }) => id);
}

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

describe('a one-shot container', () => {
  it('gives exit code and outputs, and is gone afterwards', async () => {
    const result = await engine.runOnce(shot(['sh', '-c', 'echo out; echo err >&2; exit 5']));
    expect(result).toEqual({ exitCode: 5, stdout: 'out\n', stderr: 'err\n' });
    expect(await remaining()).toEqual([]);
  });

  it('has no capability, no way to new privileges, a filter of system calls', async () => {
    const { stdout } = await engine.runOnce(shot(['cat', '/proc/self/status']));
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(stdout).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    }
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(stdout).toMatch(/^Seccomp:\s+2$/m);
  });

  it('cannot write its own file system, even as root', async () => {
    const script = 'touch /file || touch /etc/file || touch /usr/file';
    const { exitCode, stderr } = await engine.runOnce(shot(['sh', '-c', script], { user: '0:0' }));
    expect(exitCode).not.toBe(0);
    expect(stderr.match(/Read-only file system/g)).toHaveLength(3);
  });

  it('has no network but loopback unless one is named', async () => {
    const interfaces = ['sh', '-c', 'ls /sys/class/net'];
    expect((await engine.runOnce(shot(interfaces))).stdout.trim()).toBe('lo');
    const networks = [`${project.name}_one`, `${project.name}_two`];
    const both = await engine.runOnce(shot(interfaces, { networks }));
    expect(both.stdout.trim().split('\n').sort()).toEqual(['eth0', 'eth1', 'lo']);
  });

  it('has bounded memory and processes', async () => {
    const script =
      'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max';
    const { stdout } = await engine.runOnce(
      shot(['sh', '-c', script], { memory: 32 * 1024 * 1024, pids: 7 }),
    );
    expect(stdout.trim().split('\n')).toEqual([String(32 * 1024 * 1024), '7']);
  });

  it('has the capability and the volume that it is given: ownership can be set', async () => {
    const mounts = [
      { type: 'volume' as const, source: `${project.name}_data`, target: '/data', readOnly: false },
    ];
    const made = await engine.runOnce(
      shot(['sh', '-c', 'echo kept > /data/file && chown 70:71 /data/file'], {
        user: '0:0',
        mounts,
        capAdd: ['CHOWN'],
      }),
    );
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    const seen = await engine.runOnce(
      shot(['sh', '-c', 'stat -c %u:%g /data/file; cat /data/file; touch /data/more'], {
        mounts: mounts.map((mount) => ({ ...mount, readOnly: true })),
      }),
    );
    expect(seen.stdout).toBe('70:71\nkept\n');
    expect(seen.stderr).toContain('Read-only file system');
    await engine.removeVolume(`${project.name}_data`);
  });

  it('may have room for scratch files, a group and variables', async () => {
    const { stdout } = await engine.runOnce(
      shot(['sh', '-c', 'echo x > /scratch/f && id -G && echo "$COLOUR"'], {
        mounts: [{ type: 'tmpfs', target: '/scratch', sizeBytes: 65536 }],
        groupAdd: ['4711'],
        env: { COLOUR: 'a=b c' },
      }),
    );
    expect(stdout).toBe('1000 4711\na=b c\n');
  });

  it('gets its input whole, and then its end', async () => {
    const text = 'ä line\n'.repeat(200_000);
    const { stdout, exitCode } = await engine.runOnce(shot(['cat'], { stdin: text }));
    expect(exitCode).toBe(0);
    expect(stdout === text).toBe(true);
  });

  it('leaves nothing of its output on the engine’s disk', async () => {
    const work = engine.runOnce(shot(['sh', '-c', 'echo secret; sleep 1']));
    let type: string | undefined;
    while (type === undefined) {
      const [id] = await remaining();
      type =
        id === undefined ? undefined : (await engine.inspectContainer(id))?.host.logConfig.type;
    }
    expect(type).toBe('none');
    expect((await work).stdout).toBe('secret\n');
  });

  it('is removed after a timeout', async () => {
    const error = await failureOf(engine.runOnce(shot(['sleep', '60'], { timeoutMs: 1500 })));
    expect(error.message).toContain('did not end within 1.5 seconds');
    expect(await remaining()).toEqual([]);
  });

  it.each([0, 30, 150, 500])('is removed after an abort at %i ms', async (ms) => {
    const abort = new AbortController();
    const work = engine.runOnce(shot(['sleep', '60'], { signal: abort.signal, stdin: '' }));
    setTimeout(() => abort.abort(), ms);
    expect((await failureOf(work)).code).toBe('interrupted');
    expect(await remaining()).toEqual([]);
  });

  it('is removed where its program does not exist', async () => {
    const error = await failureOf(engine.runOnce(shot(['/no/such/program'])));
    expect(error.code).toBe('docker-failed');
    expect(await remaining()).toEqual([]);
  });

  it('is not made from an image that is missing', async () => {
    const error = await failureOf(engine.runOnce(shot(['true'], { image: 'jacker-test/none:1' })));
    expect([error.code, error.problems[0]?.hint]).toEqual([
      'image',
      'Get it: docker pull jacker-test/none:1',
    ]);
  });
});
