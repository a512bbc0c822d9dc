import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComposeService } from '../../src/harden/compose-model.ts';
import { applyBaseline } from '../../src/harden/baseline.ts';
import type { PreparedProbes } from '../../src/verify/probe-context.ts';
import { attackLabel } from '../../src/verify/attacker.ts';
import { createTestbedProject } from '../docker/testbed-project.ts';
import { ensureTestbed } from '../testbed/index.ts';
import { containerTwins } from './twins/container-twins.ts';
import {
  about,
  createProbeProject,
  observe,
  stackService,
  type ProbeProject,
} from './twins/probe-project.ts';

const hardened: ComposeService = {
  ...applyBaseline(
    { image: 'TOOLBOX', command: ['sleep', 'infinity'] },
    {
      identity: '1000:1000',
      memory: '64m',
      cpus: 0.5,
      pids: 50,
      temporary: [{ path: '/scratch', size: '1m', exec: false }],
      capabilities: [],
      health: {
        test: ['CMD-SHELL', 'test -d /proc/1'],
        // Half a hundred containers that are asked each second leave no time for the tests.
        interval: '60s',
        timeout: '5s',
        retries: 3,
        start: '60s',
      },
    },
  ),
  volumes: [
    { type: 'bind', source: './docker-compose.yml', target: '/compose.yml', read_only: true },
  ],
  networks: ['inner'],
};

let project: ProbeProject;
/** The same as it is in the files that were rendered. */
let rendered: ComposeService;
let prepared: PreparedProbes;
/** The hardened service as if it were all. */
let alone: PreparedProbes;

/** The same project as if it had these services alone. */
function only(...services: string[]): Promise<PreparedProbes> {
  return project.prepare({
    stack: { services: services.map((name) => stackService(name)) },
    rendered: {
      services: Object.fromEntries(
        services.map((name) => {
          const image = containerTwins.find((twin) => twin.service === name)?.image;
          return [name, { ...rendered, ...(image === undefined ? {} : { image }) }];
        }),
      ),
    },
  });
}
const names = ['hardened', ...containerTwins.map((twin) => twin.service)];
/** May use more memory than any host has. */
const oversized = 'oversized';

beforeAll(async () => {
  const { socketPath, images, env } = await ensureTestbed();
  rendered = { ...hardened, image: images.toolbox };
  const info = await execa('docker', ['info', '--format', '{{.DockerRootDir}}'], { env });
  const soft = (service: object): ComposeService =>
    JSON.parse(
      JSON.stringify({ ...hardened, ...service })
        .replaceAll('SOCKET', socketPath)
        .replaceAll('DATA_ROOT', info.stdout.trim()),
    ) as ComposeService;
  project = await createProbeProject({
    services: {
      hardened,
      [oversized]: { ...hardened, mem_limit: '65536g', memswap_limit: '65536g' },
      ...Object.fromEntries(containerTwins.map((twin) => [twin.service, soft(twin.soften)])),
    },
    networks: { inner: { internal: true } },
  });
  await project.testbed.compose.up({ waitTimeoutSeconds: 120 });
  prepared = await only(...names);
  alone = await only('hardened');
}, 300_000);

afterAll(async () => {
  await project.testbed.remove();
}, 120_000);

// The test's own image is not pinned: both are twins in that. The platform's images are pinned.
const kept = containerTwins.filter((twin) => twin.control !== 'J-IMG-02');
const attacked = containerTwins.filter((twin) => twin.attacked);

describe('what is read from a container', () => {
  // One container each: dozens of them read at once would be a test of the machine.
  it.each(kept)('shows $control in force where it is', async ({ control }) => {
    const reading = about(await observe(alone, control, 'probe'), 'hardened');
    expect(['pass', 'not-applicable'], JSON.stringify(reading)).toContain(reading.status);
  });

  it.each(containerTwins)('shows $control not in force where it is not', async (twin) => {
    const twins = await only(twin.service);
    const reading = about(await observe(twins, twin.control, 'probe'), twin.service);
    expect(reading).toMatchObject({ status: 'fail' });
  });
});

describe('what is read from the host and the networks', () => {
  it.each<[control: string, good: readonly string[], bad: readonly string[]]>([
    ['J-DMN-01', ['hardened'], ['hardened', 'j-nnp-01', 'med-001', 'j-log-02', 'j-rst-01']],
    ['J-RES-06', ['hardened'], ['hardened', oversized]],
    // To a project of one service, the containers of the others are foreign.
    ['J-RUN-02', [...names, oversized], ['hardened']],
  ])('shows %s in force where it is, and not where it is not', async (control, good, bad) => {
    const statuses = async (services: readonly string[]): Promise<Set<string>> => {
      const observed = await observe(await only(...services), control, 'probe');
      return new Set(observed.map((one) => one.status));
    };
    expect(await statuses(good)).toEqual(new Set(['pass']));
    expect(await statuses(bad)).toEqual(new Set(['fail']));
  });
});

describe('what is tried in a container', () => {
  it.each(attacked)('is refused with $control, and succeeds without it', async (twin) => {
    const tried = await observe(await only('hardened', twin.service), twin.control, 'attack');
    expect(about(tried, 'hardened'), JSON.stringify(about(tried, 'hardened'))).toMatchObject({
      status: 'pass',
    });
    expect(about(tried, twin.service)).toMatchObject({ status: 'fail' });
  });
});

describe('attacks on containers', () => {
  // These try several acts in one attack: each one by itself must be able to succeed.
  it.each([
    ['MED-002', 'chown, mknod, chroot, raw socket, ptrace'],
    ['HIGH-001', 'mount, mknod'],
  ])('%s: each act is seen to succeed where there is nothing against it', async (id, acts) => {
    const service = id.toLowerCase();
    const tried = await observe(await only(service), id, 'attack');
    expect(about(tried, service).seen).toBe(`succeeded: ${acts}`);
  });

  it('leave every service as it was', async () => {
    // Every attack was tried by the tests before this one.
    for (const [service, before] of prepared.context.containers) {
      const after = await project.testbed.engine.inspectContainer(before.id);
      expect(after?.state.pid, service).toBe(before.state.pid);
      const { stdout } = await project.testbed.engine.exec(before.id, ['sh', '-c', 'ls /proc']);
      const processes = stdout.split('\n').filter((line) => /^\d+$/.test(line));
      if (service !== 'j-ns-02') expect(processes.length, service).toBeLessThan(5);
    }
  });

  it('leave no container behind', async () => {
    const left = await project.testbed.engine.listContainers({});
    expect(
      left.filter((container) => container.labels[attackLabel] === project.testbed.name),
    ).toEqual([]);
  });

  it("refuse a project of that name that is not Jacker's", async () => {
    const foreign = await createTestbedProject(
      'services: { app: { image: TOOLBOX, command: [sleep, infinity], stop_grace_period: 0s } }\n',
    );
    try {
      await foreign.compose.up({ waitTimeoutSeconds: 60 });
      await expect(
        project.prepare({
          stack: { project: foreign.name, services: [stackService('app')] },
          rendered: { services: {} },
        }),
      ).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      await foreign.remove();
    }
  }, 60_000);
});
