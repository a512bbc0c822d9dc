import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-USR-02';
/**
 * Groups that stand for root or for raw disks and memory, by name, and by number where it is the
 * same in every distribution: https://salsa.debian.org/debian/base-passwd/-/blob/master/group.master
 */
const powerful = new Set(
  ['root', 'docker', 'disk', 'kmem', 'shadow', 'sudo', 'wheel', 'lxd', 'podman'].concat('0', '6'),
);

export const hostGroups: Control = {
  id,
  title: 'No container joins a group that stands for root',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'A process of the group docker talks to the engine, one of disk reads every file of the host: without being root.',
  references: ['CIS Docker Benchmark 1.1.2', 'NIST SP 800-190 4.4.3'],
  blindSpots: [
    'The number of the group docker differs from host to host: in a file, a bare number other than 0 and 6 is not recognised.',
  ],
  remedy: 'Take the group out of group_add; give the service a group of its own for its files.',
  static: (model) =>
    checkServices(model, id, ['group_add'], (service) => judge(service.group_add ?? [])),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.GroupAdd', ({ facts }) =>
      judge(facts.host.groupAdd),
    ),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ group_add: ['50096', 'video', 'render', 'dialout', 44] }),
    ],
    fail: [
      exampleService({ group_add: ['docker'] }),
      exampleService({ group_add: [0] }),
      exampleService({ group_add: ['1000', 'disk'] }),
    ],
  },
};

function judge(groups: readonly (string | number)[]): Outcome {
  const found = groups.map((group) => String(group).trim()).filter((group) => powerful.has(group));
  return {
    status: found.length === 0 ? 'pass' : 'fail',
    expected: 'none of them',
    seen: found.join(', ') || 'none',
  };
}
