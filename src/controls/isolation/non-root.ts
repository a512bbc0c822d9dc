import { exampleService } from '../compose/example.ts';
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
  remedy: "Set user: to the image's own unprivileged uid:gid.",
  static: (model) =>
    checkServices(model, id, ['user'], (service) => {
      const expected = 'a uid other than 0';
      // YAML may hold a number here.
      const value: unknown = service.user;
      const user = shown(value ?? '').split(':')[0];
      if (user === '') {
        return { status: 'unknown', expected, seen: "not set: the image's own user" };
      }
      const root = user === '0' || user === 'root';
      return { status: root ? 'fail' : 'pass', expected, seen: shown(service.user) };
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
    pass: [exampleService({ user: '1000:1000' }), exampleService({ user: 'nobody' })],
    fail: [exampleService({ user: '0' }), exampleService({ user: 'root:root' })],
  },
};
