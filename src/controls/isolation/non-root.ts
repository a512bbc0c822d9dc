import { exampleService } from '../compose/example.ts';
import { hooksOf } from '../compose/lifecycle-hooks.ts';
import { isRoot } from '../compose/service-user.ts';
import { checkServices, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'MED-001';

export const nonRoot: Control = {
  id,
  title: 'No process runs as root',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'Without user namespaces, root in a container is root on the host for every file and kernel interface it gets hold of.',
  references: [
    'CIS Docker Benchmark 4.1',
    'OWASP Docker Security Cheat Sheet rule 2',
    'NIST SP 800-190 4.1.2',
    'J-USR-01',
  ],
  blindSpots: [
    "Without user: in the Compose file, the image's own user counts, which only the probe sees.",
  ],
  remedy:
    "Set user: to the image's own unprivileged uid:gid, and no other one in post_start and pre_stop.",
  static: (model) =>
    checkServices(model, id, ['user', 'post_start', 'pre_stop'], (service, name) => {
      const expected = 'a uid other than 0';
      // YAML may hold a number here.
      const user = shown(service.user ?? '');
      if (isRoot(user)) return { status: 'fail', expected, seen: user };
      const hook = hooksOf(service).find((one) => isRoot(one.user));
      if (hook) {
        return {
          status: 'fail',
          expected,
          seen: `root in ${hook.key}`,
          location: ['services', name, hook.key, String(hook.index)],
        };
      }
      if (user === '' || user.startsWith(':')) {
        return { status: 'unknown', expected, seen: "not set: the image's own user" };
      }
      return { status: 'pass', expected, seen: user };
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/*/status Uid', async ({ snapshot }) => {
      const { processes } = await snapshot();
      const root = processes.filter((process) => process.uids.includes(0));
      return {
        status: root.length === 0 ? 'pass' : 'fail',
        expected: 'no process has uid 0',
        seen:
          root.length === 0
            ? `uid ${[...new Set(processes.flatMap((process) => process.uids))].join(', ')}`
            : `root: ${[...new Set(root.map((process) => process.name))].join(', ')}`,
      };
    }),
  examples: {
    pass: [
      exampleService({ user: '1000:1000' }),
      exampleService({ user: 'nobody', pre_stop: [{ command: 'sync', user: '1000' }] }),
    ],
    fail: [
      exampleService({ user: '0' }),
      exampleService({ user: 'root:root' }),
      exampleService({ user: '1000', post_start: [{ command: 'chown app /data', user: 'root' }] }),
      exampleService({ post_start: [{ command: 'chown app /data', user: '0:0' }] }),
    ],
  },
};
