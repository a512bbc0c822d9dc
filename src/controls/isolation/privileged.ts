import { exampleService } from '../compose/example.ts';
import { hooksOf } from '../compose/lifecycle-hooks.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { tryActs } from '../position/shell-acts.ts';
import { probeContainers } from '../reading/probe-containers.ts';
import { capabilitiesOf } from '../reading/capability.ts';

const id = 'HIGH-001';

export const privileged: Control = {
  id,
  title: 'No container is privileged',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'A privileged container has every capability and every device: it is the host under another name.',
  references: [
    'CIS Docker Benchmark 5.5',
    'OWASP Docker Security Cheat Sheet rule 3',
    'NIST SP 800-190 4.4.3',
    'J-PRIV-01',
  ],
  blindSpots: [
    'The acts run by exec as root inside: a program that shares only the namespaces of a container would have other capabilities and prove nothing.',
  ],
  remedy: 'Take privileged: true out, of post_start and pre_stop too.',
  static: (model) =>
    checkServices(model, id, ['privileged', 'post_start', 'pre_stop'], (service, name) => {
      const expected = 'privileged: false';
      const hook = hooksOf(service).find((one) => one.privileged);
      if (service.privileged === true || !hook) {
        return outcome(service.privileged !== true, expected, shown(service.privileged));
      }
      return {
        ...outcome(false, expected, `privileged: true in ${hook.key}`),
        location: ['services', name, hook.key, String(hook.index)],
      };
    }),
  fix: ({ subject }, { document }) =>
    document.services[subject]?.privileged === true
      ? [
          {
            service: subject,
            key: ['privileged'],
            change: { kind: 'remove' },
            reason: 'a privileged container is the host under another name',
          },
        ]
      : null,
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.Privileged, /proc/1/status CapEff',
      async ({ facts, snapshot }) => {
        const first = (await snapshot()).processes.find((process) => process.pid === 1);
        if (!first) return { status: 'unknown', expected: 'false', seen: 'process 1 not readable' };
        const admin = capabilitiesOf(first.capBnd).includes('SYS_ADMIN');
        return outcome(
          !facts.host.privileged && !admin,
          'false, without SYS_ADMIN',
          `${String(facts.host.privileged)}, ${admin ? 'with' : 'without'} SYS_ADMIN`,
        );
      },
    ),
  attack: (context) =>
    probeContainers(context, id, 'mount(2) and mknod(2) as root inside', (target) =>
      tryActs(
        context,
        target,
        [
          {
            name: 'mount',
            script:
              'tool umount; u=$t; tool mount; d=/dev/shm/jacker-$$; mkdir $d || exit 127; $t -t tmpfs none $d; r=$?; [ $r = 0 ] && $u $d; rmdir $d; exit $r',
          },
          {
            name: 'mknod',
            script: 'tool mknod; f=/dev/shm/jacker-$$.b; $t $f b 7 0; r=$?; rm -f $f; exit $r',
          },
        ],
        'EPERM for each',
      ),
    ),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ privileged: false }),
      exampleService({ post_start: [{ command: 'true' }] }),
    ],
    fail: [
      exampleService({ privileged: true }),
      exampleService({ post_start: [{ command: 'mount /data', privileged: true }] }),
      exampleService({ privileged: false, pre_stop: [{ command: 'sync', privileged: true }] }),
    ],
  },
};
