import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { tryActs } from '../position/shell-acts.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SEC-01';
const filtered = 2;

export const seccomp: Control = {
  id,
  title: 'System calls are filtered',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  why: "The engine's default seccomp profile keeps about 44 system calls from a container that most kernel exploits begin with.",
  references: [
    'CIS Docker Benchmark 5.22',
    'OWASP Docker Security Cheat Sheet rule 6',
    'NIST SP 800-190 4.4.3',
  ],
  blindSpots: [
    'A filter is in force, but its rules cannot be read back from the kernel without CAP_SYS_ADMIN.',
  ],
  remedy: 'Take seccomp=unconfined out of security_opt, and privileged too.',
  static: (model) =>
    checkServices(model, id, ['security_opt', 'privileged'], (service) =>
      outcome(
        service.privileged !== true &&
          !(service.security_opt ?? []).some((option) => /^seccomp[:=]unconfined$/.test(option)),
        'the default profile, or one of your own',
        service.privileged === true ? 'privileged: true' : shown(service.security_opt),
      ),
    ),
  probe: (context) =>
    probeContainers(context, id, '/proc/*/status Seccomp', async ({ snapshot }) => {
      const open = (await snapshot()).processes.filter((process) => process.seccomp !== filtered);
      return outcome(
        open.length === 0,
        '2 (filter) for every process',
        open.length === 0 ? '2' : `no filter for ${open.map((process) => process.name).join(', ')}`,
      );
    }),
  attack: (context) =>
    // Without a capability that would allow it: only the filter stands in the way.
    probeContainers(context, id, 'unshare --user inside', (target) =>
      tryActs(
        context,
        target,
        [{ name: 'unshare', script: 'tool unshare; $t -U true' }],
        'EPERM',
        null,
      ),
    ),
  examples: {
    pass: [exampleService({}), exampleService({ security_opt: ['seccomp=./profile.json'] })],
    fail: [
      exampleService({ security_opt: ['seccomp=unconfined'] }),
      exampleService({ security_opt: ['seccomp:unconfined'] }),
      exampleService({ privileged: true }),
    ],
  },
};
