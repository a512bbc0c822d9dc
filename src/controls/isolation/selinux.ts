import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SEC-03';
/** `label:type:` of these types confines nothing: https://man7.org/linux/man-pages/man8/selinux.8.html */
const unconfined = /^label[:=](disable|type:(spc_t|unconfined_t))$/;

export const seLinux: Control = {
  id,
  title: 'SELinux is not switched off for any container',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "On Fedora, Red Hat and their kin, SELinux's label is what keeps a container that broke out away from the host's files.",
  references: ['CIS Docker Benchmark 5.3', 'OWASP Docker Security Cheat Sheet rule 6'],
  blindSpots: [
    'Whether the host runs SELinux at all is not looked at: where it does not, the option does nothing.',
  ],
  remedy: 'Take label:disable out; give a bind its label with :z or :Z instead.',
  static: (model) =>
    checkServices(model, id, ['security_opt'], (service) => judge(service.security_opt ?? [])),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.SecurityOpt', ({ facts }) =>
      judge(facts.host.securityOpt),
    ),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ security_opt: ['no-new-privileges:true', 'label=type:svirt_apache_t'] }),
    ],
    fail: [
      exampleService({ security_opt: ['label:disable'] }),
      exampleService({ security_opt: ['label=disable'] }),
      exampleService({ security_opt: ['label=type:spc_t'] }),
    ],
  },
};

function judge(options: readonly string[]): {
  status: 'pass' | 'fail';
  expected: string;
  seen: string;
} {
  const found = options.filter((option) => unconfined.test(option));
  return {
    status: found.length === 0 ? 'pass' : 'fail',
    expected: 'a confined label',
    seen: found.join(', ') || 'the default label, or one of its own',
  };
}
