import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-05';

export const mountPropagation: Control = {
  id,
  title: 'Mounts do not travel between host and container',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'With shared propagation, what a container mounts appears on the host; with slave, every disk that the host mounts later appears in the container.',
  references: ['CIS Docker Benchmark 5.20'],
  blindSpots: [
    'A read-only slave mount, as monitoring programs need to see disks that come later, is not objected to.',
  ],
  remedy: 'Take the propagation out: rprivate is the default.',
  static: (model) =>
    checkViews(
      model,
      id,
      ['volumes'],
      ({ mounts }) => judge(mounts.map((mount) => ({ ...mount, writable: !mount.readOnly }))),
      [],
    ),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Mounts[].Propagation', ({ facts }) =>
      judge(facts.mounts),
    ),
  examples: {
    pass: [
      exampleService({ volumes: ['/srv/a:/a', 'data:/data'] }),
      exampleService({ volumes: ['/:/host:ro,rslave', '/srv/b:/b:rprivate'] }),
    ],
    fail: [
      exampleService({ volumes: ['/srv/a:/a:shared'] }),
      exampleService({ volumes: ['/srv/a:/a:rw,rslave'] }),
      exampleService({
        volumes: [
          { type: 'bind', source: '/srv/a', target: '/a', bind: { propagation: 'rshared' } },
        ],
      }),
    ],
  },
};

function judge(
  mounts: readonly { target: string; writable: boolean; propagation: string }[],
): Outcome {
  const found = mounts.filter(
    ({ propagation, writable }) =>
      propagation.endsWith('shared') || (propagation.endsWith('slave') && writable),
  );
  return {
    status: found.length === 0 ? 'pass' : 'fail',
    expected: 'private',
    seen: found.map((mount) => `${mount.target}: ${mount.propagation}`).join(', ') || 'private',
  };
}
