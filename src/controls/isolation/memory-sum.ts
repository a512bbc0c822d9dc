import type { Control, Reading } from '../control.ts';

const id = 'J-RES-06';
const mebibyte = 2 ** 20;

export const memorySum: Control = {
  id,
  title: 'All memory limits together fit into the host',
  severity: 'low',
  domain: 'isolation',
  subject: 'host',
  why: 'Limits that add up to more than there is protect nobody: when all services need what they were promised, the kernel chooses who dies.',
  references: [
    'Docker: resource constraints, https://docs.docker.com/engine/containers/resource_constraints/',
  ],
  blindSpots: [
    'Containers of other projects, and programs of the host itself, need memory too and are not counted.',
    'A container without a limit is the matter of J-RES-01.',
  ],
  remedy: 'Lower the limits of what never uses them, or give the host more memory.',
  probe: (context) => {
    const { containers, host, stack } = context;
    const limits = stack.services
      .map(({ name }) => containers.get(name))
      .flatMap((facts) => (facts?.state.running ? [facts.host.memory] : []))
      .filter((limit) => limit > 0);
    const sum = limits.reduce((total, limit) => total + limit, 0);
    const reading: Reading = {
      subject: 'host',
      read: 'docker inspect HostConfig.Memory, docker info MemTotal',
      from: host.hostname,
      // Without a figure of the host there is nothing to compare with.
      status: host.memory === 0 ? 'unknown' : sum <= host.memory ? 'pass' : 'fail',
      expected: `at most ${Math.floor(host.memory / mebibyte)} MiB`,
      seen: `${Math.ceil(sum / mebibyte)} MiB in ${limits.length} limits`,
    };
    return Promise.resolve([reading]);
  },
};
