import type { Control, Reading } from '../control.ts';

const id = 'J-SWM-01';

export const swarm: Control = {
  id,
  title: 'Swarm is off where nothing needs it',
  severity: 'info',
  domain: 'operations',
  subject: 'host',
  why: 'A Swarm node listens on three more ports, and its managers hold keys and secrets for the whole cluster; a Compose project uses none of it.',
  references: ['CIS Docker Benchmark 5.1', 'CIS Docker Benchmark 7'],
  blindSpots: ['Whether other projects on this engine need Swarm is not known.'],
  remedy: 'Leave it, if nothing needs it: docker swarm leave.',
  probe: ({ host }) => {
    const active = host.swarm !== '' && host.swarm !== 'inactive';
    const reading: Reading = {
      subject: 'host',
      read: 'docker info Swarm.LocalNodeState',
      from: host.hostname,
      status: active ? 'fail' : 'pass',
      expected: 'inactive',
      seen: host.swarm || 'inactive',
    };
    return Promise.resolve([reading]);
  },
};
