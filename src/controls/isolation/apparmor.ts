import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SEC-02';

export const appArmor: Control = {
  id,
  title: 'An AppArmor profile confines every container',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  why: "The engine's AppArmor profile denies writes to kernel settings and mounts, also to a process that has the capability.",
  references: ['CIS Docker Benchmark 5.2', 'OWASP Docker Security Cheat Sheet rule 6'],
  blindSpots: [
    'A kernel without AppArmor cannot enforce it: that is unknown here, never a pass. SELinux, where it takes this role, is not looked at.',
  ],
  remedy:
    'Take apparmor=unconfined out of security_opt; on a host without AppArmor, install and enable it.',
  static: (model) =>
    checkServices(model, id, ['security_opt', 'privileged'], (service) =>
      outcome(
        service.privileged !== true &&
          !(service.security_opt ?? []).some((option) => /^apparmor[:=]unconfined$/.test(option)),
        'the default profile, or one of your own',
        service.privileged === true ? 'privileged: true' : shown(service.security_opt),
      ),
    ),
  probe: (context) =>
    probeContainers(context, id, '/proc/1/attr/current', async ({ facts, snapshot }) => {
      const expected = 'a profile in enforce mode';
      if (!context.host.security.includes('apparmor')) {
        const seen = "not available here: the host's kernel has no AppArmor";
        return { status: 'unknown', expected, seen };
      }
      const current = (await snapshot()).appArmor;
      if (current === null || current === '') {
        const seen = `the kernel does not say; the engine names ${facts.appArmorProfile || 'none'}`;
        return { status: 'unknown', expected, seen };
      }
      return outcome(current.endsWith('(enforce)'), expected, current);
    }),
  examples: {
    pass: [exampleService({}), exampleService({ security_opt: ['apparmor=my-profile'] })],
    fail: [
      exampleService({ security_opt: ['apparmor=unconfined'] }),
      exampleService({ privileged: true }),
    ],
  },
};
