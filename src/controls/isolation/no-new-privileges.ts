import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NNP-01';

export const noNewPrivileges: Control = {
  id,
  title: 'No process can gain privileges',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'Without it, a set-uid program in the image makes a caller root.',
  references: ['CIS Docker Benchmark 5.26', 'OWASP Docker Security Cheat Sheet rule 4'],
  blindSpots: ['Whether the image has a set-uid program at all is not looked at.'],
  remedy: 'Set security_opt: [no-new-privileges:true].',
  static: (model) =>
    checkServices(model, id, ['security_opt', 'privileged'], (service) =>
      outcome(
        (service.security_opt ?? []).some((option) =>
          /^no-new-privileges([:=]true)?$/.test(option),
        ),
        'no-new-privileges:true',
        shown(service.security_opt),
      ),
    ),
  probe: (context) =>
    probeContainers(context, id, '/proc/*/status NoNewPrivs', async ({ snapshot }) => {
      const free = (await snapshot()).processes.filter((process) => !process.noNewPrivs);
      return outcome(
        free.length === 0,
        '1 for every process',
        free.length === 0 ? '1' : `0 for ${free.map((process) => process.name).join(', ')}`,
      );
    }),
  examples: {
    pass: [exampleService({ security_opt: ['no-new-privileges:true'] })],
    fail: [
      exampleService({}),
      exampleService({ security_opt: ['no-new-privileges:false'] }),
      exampleService({ security_opt: ['seccomp=default.json'] }),
    ],
  },
};
