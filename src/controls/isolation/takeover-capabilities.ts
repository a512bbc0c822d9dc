import type { StackService } from '../../catalog/stack.ts';
import { takeoverCapabilities as takeover } from '../compose/capability-needs.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { capabilitiesOf, capabilityName } from '../reading/capability.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-CAP-02';

export const takeoverCapabilities: Control = {
  id,
  title: 'No container is given a capability that opens the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'With one of these capabilities a process loads kernel code, mounts disks, opens files by their handle past every boundary, or enters other processes: the container is no boundary any more.',
  references: [
    'CIS Docker Benchmark 5.4',
    'OWASP Docker Security Cheat Sheet rule 3',
    'NIST SP 800-190 4.4.3',
  ],
  blindSpots: [
    'Other capabilities weaken a container without opening the host by themselves: MED-002 is about them.',
  ],
  remedy:
    'Take the capability out of cap_add; a program that cannot do without it belongs on the host.',
  static: (model) =>
    checkServices(model, '', ['cap_add'], (service, _, known) =>
      judge((service.cap_add ?? []).map(capabilityName), known),
    ),
  fix: ({ subject }, { document }) => [
    {
      service: subject,
      key: ['cap_add'],
      change: {
        kind: 'drop',
        values: (document.services[subject]?.cap_add ?? []).filter((name) =>
          takeover.has(capabilityName(name)),
        ),
      },
      reason: 'it leads out of the container by itself',
    },
  ],
  probe: (context) =>
    probeContainers(context, '', '/proc/*/status CapBnd', async ({ facts, known, snapshot }) => {
      if (facts.host.privileged) {
        const seen = 'privileged: every capability, see HIGH-001';
        return { status: 'not-applicable', expected: 'none of them', seen };
      }
      const held = (await snapshot()).processes.flatMap((one) => capabilitiesOf(one.capBnd));
      return judge(held, known);
    }),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ cap_drop: ['ALL'], cap_add: ['NET_BIND_SERVICE', 'CAP_NET_ADMIN'] }),
    ],
    fail: [
      exampleService({ cap_add: ['SYS_ADMIN'] }),
      exampleService({ cap_drop: ['ALL'], cap_add: ['cap_dac_read_search'] }),
      exampleService({ cap_add: ['all'] }),
    ],
  },
};

/** An exception has to name each capability. */
function judge(
  held: readonly string[],
  known: StackService | undefined,
): { status: 'pass' | 'fail'; expected: string; seen: string; exception?: string } {
  const found = [...new Set(held.filter((name) => takeover.has(name)))].sort();
  const expected = 'none of them';
  if (found.length === 0) return { status: 'pass', expected, seen: 'none' };
  const reasons = found.map(
    (name) =>
      known?.exceptions.find(
        (one) => one.control === id && capabilityName(one.value ?? '') === name,
      )?.reason,
  );
  return {
    status: 'fail',
    expected,
    seen: found.join(', '),
    ...(reasons.every((reason) => reason !== undefined)
      ? { exception: [...new Set(reasons)].join(' ') }
      : {}),
  };
}
