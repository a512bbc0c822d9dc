import { groupMembers } from '../../docker/group-members.ts';
import type { Control, Reading } from '../control.ts';

const id = 'J-HOST-01';

export const engineGroup: Control = {
  id,
  title: "Nobody is root by being in the engine's group",
  severity: 'low',
  domain: 'operations',
  subject: 'host',
  why: 'A member of the group docker starts a container with the whole host in it: it is root without a password, and without a line in the log of sudo.',
  references: [
    'CIS Docker Benchmark 1.1.2',
    'Docker: post-installation steps, https://docs.docker.com/engine/install/linux-postinstall/',
  ],
  blindSpots: [
    'Groups that come from a directory such as LDAP are not in /etc/group.',
    'An engine whose socket has a group of another name, or is on another host, is not looked at.',
  ],
  remedy: 'Take out who does not need it: gpasswd --delete NAME docker.',
  probe: async ({ host, hostFile }) => {
    const base = {
      subject: 'host',
      read: '/etc/group, /etc/passwd',
      from: host.hostname,
      expected: 'no member besides root',
    };
    if (!hostFile) {
      return [{ ...base, status: 'not-applicable', seen: 'the engine is on another host' }];
    }
    const [group, passwd] = [await hostFile('/etc/group'), await hostFile('/etc/passwd')];
    if (group === null) {
      return [{ ...base, status: 'unknown', seen: '/etc/group could not be read' }];
    }
    const members = (groupMembers(group, passwd ?? '', 'docker') ?? []).filter(
      (name) => name !== 'root',
    );
    const reading: Reading = {
      ...base,
      status: members.length === 0 ? 'pass' : 'fail',
      seen: members.join(', ') || 'none',
    };
    return [reading];
  },
};
