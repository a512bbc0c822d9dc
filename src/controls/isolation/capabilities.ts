import type { StackService } from '../../catalog/stack.ts';
import { needlessCapabilities } from '../compose/capability-needs.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';
import { tryActs, type ShellAct } from '../position/shell-acts.ts';
import { capabilitiesOf, capabilityName } from '../reading/capability.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'MED-002';

/** What root may do only with a capability that even Docker's default gives, and ptrace. */
const acts: readonly ShellAct[] = [
  {
    name: 'chown',
    script: 'f=/dev/shm/jacker-$$; : > $f || exit 127; chown 12345 $f; r=$?; rm -f $f; exit $r',
  },
  {
    name: 'mknod',
    script: 'tool mknod; f=/dev/shm/jacker-$$.d; $t $f c 1 3; r=$?; rm -f $f; exit $r',
  },
  { name: 'chroot', script: 'tool chroot; $t / true' },
  {
    name: 'raw socket',
    // Nothing is sent: with the socket in its hands arping says that loopback knows no ARP. Not
    // ping, which does with an ordinary socket where the engine lets everybody send echo requests.
    script:
      'tool arping; o=$($t -c 1 -w 1 -I lo 127.0.0.1 2>&1); case $o in *"not ARPable"*) exit 0 ;; *) echo "$o" >&2; exit 1 ;; esac',
  },
  {
    name: 'ptrace',
    // Opening the memory of process 1 asks what attaching to it asks (ptrace(2), access mode
    // checking), and leaves it alone. To a process of the same user it is allowed to everybody.
    script:
      'while read -r k u _; do case $k in Uid:) break ;; esac; done </proc/1/status; [ "$u" != 0 ] || exit 127; : </proc/1/mem',
  },
];

export const capabilities: Control = {
  id,
  title: 'Containers have no Linux capability that they do not need',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'A capability is a piece of what root may do: change owners, load modules, mount. What a program does not need only serves whoever takes it over.',
  references: [
    'CIS Docker Benchmark 5.4',
    'OWASP Docker Security Cheat Sheet rule 3',
    'NIST SP 800-190 4.4.3',
    'J-CAP-01',
  ],
  blindSpots: [
    'In a Compose file that is not of Jacker, what entrypoints need to become an ordinary user may come back, and for programs of the network NET_ADMIN and NET_RAW: whether this image needs it is not known. Capabilities that open the host are the matter of J-CAP-02.',
    'A process that starts and ends between two readings is not seen; it cannot have more than its parent.',
    'Acts are tried with what the image has; where a program is missing, the act is reported as not tried.',
  ],
  remedy: 'Set cap_drop: [ALL], and add back with cap_add only what the program fails without.',
  static: (model) =>
    checkServices(model, '', ['cap_drop', 'cap_add', 'privileged'], (service, name, known) => {
      const dropped = (service.cap_drop ?? []).map(capabilityName);
      const added = (service.cap_add ?? []).map(capabilityName);
      const expected = known ? 'cap_drop: [ALL], nothing added' : 'cap_drop: [ALL]';
      if (service.privileged === true || !dropped.includes('ALL')) {
        return { status: 'fail', expected, seen: `cap_drop: [${dropped.join(', ')}]` };
      }
      if (added.length === 0) return { status: 'pass', expected, seen: 'cap_drop: [ALL]' };
      const view = viewOf(model).byName.get(name);
      const needless = known || !view ? added : needlessCapabilities(view, added);
      if (needless.length === 0) {
        return { status: 'pass', expected, seen: `cap_drop: [ALL], back: ${added.join(', ')}` };
      }
      return {
        status: 'fail',
        expected,
        seen: `added: ${needless.join(', ')}`,
        location: ['services', name, 'cap_add'],
        ...excuse(known, added),
      };
    }),
  fix: ({ subject }, { document }) =>
    document.services[subject]?.privileged === true
      ? null
      : [
          {
            service: subject,
            key: ['cap_drop'],
            change: { kind: 'add', values: ['ALL'] },
            reason: 'whoever takes the program over finds no piece of root',
          },
        ],
  probe: (context) =>
    probeContainers(
      context,
      '',
      '/proc/*/status CapEff, CapPrm, CapBnd, CapAmb',
      async ({ snapshot, known }) => {
        const held = new Set<string>();
        for (const process of (await snapshot()).processes) {
          for (const mask of [process.capEff, process.capPrm, process.capBnd, process.capAmb]) {
            for (const name of capabilitiesOf(mask)) held.add(name);
          }
        }
        const names = [...held].sort();
        return {
          status: names.length === 0 ? 'pass' : 'fail',
          expected: 'none',
          seen: names.join(', ') || 'none',
          ...excuse(known, names),
        };
      },
    ),
  attack: (context) =>
    probeContainers(
      context,
      '',
      `${acts.map(({ name }) => name).join(', ')} as root`,
      async (target) => {
        const tried = await tryActs(context, target, acts, 'EPERM for each');
        const given = target.known.exceptions.filter((exception) => exception.control === id);
        return tried.status === 'fail' && given.length > 0
          ? { ...tried, exception: given.map((exception) => exception.reason).join(' ') }
          : tried;
      },
    ),
  examples: {
    pass: [
      exampleService({ cap_drop: ['ALL'] }),
      exampleService({ cap_drop: ['all'] }),
      exampleService({ cap_drop: ['ALL'], cap_add: ['NET_BIND_SERVICE'] }),
      exampleService({ cap_drop: ['ALL'], cap_add: ['CAP_CHOWN', 'SETUID', 'SETGID'] }),
      exampleService({
        image: 'qmcgaw/gluetun:v3.40',
        cap_drop: ['ALL'],
        cap_add: ['NET_ADMIN', 'CHOWN'],
      }),
    ],
    fail: [
      exampleService({}),
      exampleService({ cap_drop: ['NET_RAW'] }),
      exampleService({ cap_drop: ['ALL'], cap_add: ['CAP_NET_RAW'] }),
      exampleService({ cap_drop: ['ALL'], cap_add: ['SYS_TIME', 'CHOWN'] }),
      exampleService({ cap_drop: ['ALL'], privileged: true }),
    ],
  },
};

/** The exception's reasons, if every capability has one. */
function excuse(known: StackService | undefined, names: readonly string[]): { exception?: string } {
  const reasons = names.map(
    (name) =>
      known?.exceptions.find(
        (exception) => exception.control === id && capabilityName(exception.value ?? '') === name,
      )?.reason,
  );
  return names.length > 0 && reasons.every((reason) => reason !== undefined)
    ? { exception: [...new Set(reasons)].join(' ') }
    : {};
}
