import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { tryActs } from '../position/shell-acts.ts';
import { mountAt } from '../reading/mount-table.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-01';

export const readOnlyRoot: Control = {
  id,
  title: "A container's own files cannot be changed",
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'Whoever gets in cannot replace the program, leave a tool behind, or survive a restart.',
  references: ['CIS Docker Benchmark 5.13', 'OWASP Docker Security Cheat Sheet rule 8'],
  blindSpots: ['Volumes stay writable: what a service keeps there is not judged.'],
  remedy: 'Set read_only: true and give the paths that must be written a sized tmpfs or a volume.',
  static: (model) =>
    checkServices(model, id, ['read_only'], (service) =>
      outcome(service.read_only === true, 'read_only: true', shown(service.read_only)),
    ),
  fix: ({ subject }) => [
    {
      service: subject,
      key: ['read_only'],
      change: { kind: 'set', value: true },
      reason: 'nobody can replace the program or leave a tool behind',
    },
  ],
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo of /', async ({ snapshot }) => {
      const root = mountAt((await snapshot()).mounts, '/');
      const seen = root === undefined ? 'no mount at /' : (root.options[0] ?? '');
      return outcome(root?.options.includes('ro') ?? false, 'ro', seen);
    }),
  attack: (context) =>
    probeContainers(context, id, 'a file written to / as root inside', (target) =>
      tryActs(
        context,
        target,
        [
          {
            name: 'write',
            script: 'f=/jacker-$$; : > $f; r=$?; rm -f $f; exit $r',
            refusal: /read-only file system/i,
          },
        ],
        'EROFS',
      ),
    ),
  examples: {
    pass: [exampleService({ read_only: true })],
    fail: [exampleService({}), exampleService({ read_only: false })],
  },
};
