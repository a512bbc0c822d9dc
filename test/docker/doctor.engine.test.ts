import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { createCompose } from '../../src/docker/compose.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import { createEngine } from '../../src/docker/engine.ts';
import { createHost } from '../../src/docker/host.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { doctor } from '../../src/usecases/doctor.ts';
import { ensureTestbed } from '../testbed/index.ts';

it('doctor looks at a real engine: every check has a verdict, and no wrong one', async () => {
  const testbed = await ensureTestbed();
  const files = nodeFileSystem();
  const endpoint = await resolveEndpoint({ env: testbed.env, files });
  const engine = createEngine(endpoint);
  const info = await engine.info();
  engine.close();
  const checks = await doctor({
    world: { files, clock: { now: () => new Date() } },
    host: createHost(),
    projectDir: tmpdir(),
    openEngine: async () => ({ endpoint, engine: createEngine(endpoint) }),
    composeVersion: () =>
      createCompose({
        environment: endpoint.environment,
        projectDir: tmpdir(),
        projectName: 'doctor',
        files: [],
      }).version(),
    networksNeeded: 1,
    memoryNeeded: 1024,
  });
  const status = Object.fromEntries(checks.map((check) => [check.id, check.status]));
  expect(status).toMatchObject({
    engine: 'ok',
    'engine-transport': 'ok',
    'engine-version': 'ok',
    seccomp: 'ok',
    'clock-engine': 'ok',
    memory: 'ok',
    'address-pools': 'ok',
    cgroup: info.cgroupVersion === '2' ? 'ok' : 'warn',
    'mandatory-access-control': info.security.some((name) => /apparmor|selinux/.test(name))
      ? 'ok'
      : 'warn',
  });
  expect(['ok', 'warn']).toContain(status['compose']);
  expect(['ok', 'warn', 'fail']).toContain(status['disk-docker']);
}, 300_000);
