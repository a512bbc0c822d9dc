import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { mountAt } from '../reading/mount-table.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SEC-04';
/** Of the engine's default list the one that every kernel has: https://docs.docker.com/reference/cli/docker/container/run/#security-opt */
const readOnlyPath = '/proc/sys';

export const maskedPaths: Control = {
  id,
  title: "The kernel's files under /proc and /sys stay masked",
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'systempaths=unconfined lets root in the container write /proc/sys and /proc/sysrq-trigger and read kernel memory: settings that are the whole host’s.',
  references: ['Docker run reference: security-opt systempaths', 'NIST SP 800-190 4.4.3'],
  blindSpots: ['Single paths that an engine of another make masks or shows are not compared.'],
  remedy: 'Take systempaths=unconfined out of security_opt.',
  static: (model) =>
    checkServices(model, id, ['security_opt'], (service) => {
      const open = (service.security_opt ?? []).filter((option) =>
        /^systempaths[:=]unconfined$/.test(option),
      );
      return outcome(open.length === 0, 'masked', open.length === 0 ? 'masked' : shown(open[0]));
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo', async ({ facts, snapshot }) => {
      const expected = `${readOnlyPath} read-only`;
      if (facts.host.privileged) {
        const seen = 'privileged: nothing is masked, see HIGH-001';
        return { status: 'not-applicable', expected, seen };
      }
      const { mounts } = await snapshot();
      const masked = mountAt(mounts, readOnlyPath)?.options.includes('ro') === true;
      return outcome(masked, expected, masked ? 'read-only' : 'writable for root');
    }),
  fix: ({ subject }, { document }) => [
    {
      service: subject,
      key: ['security_opt'],
      change: {
        kind: 'drop',
        values: (document.services[subject]?.security_opt ?? []).filter((option) =>
          /^systempaths[:=]unconfined$/.test(option),
        ),
      },
      reason: "keeps the kernel's own files under /proc and /sys out of reach",
    },
  ],
  examples: {
    pass: [exampleService({}), exampleService({ security_opt: ['no-new-privileges:true'] })],
    fail: [
      exampleService({ security_opt: ['systempaths=unconfined'] }),
      exampleService({ security_opt: ['systempaths:unconfined'] }),
    ],
  },
};
