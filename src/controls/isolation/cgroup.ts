import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NS-06';
/** The root of all groups, and those in which systemd keeps the host itself and its logins. */
const hostGroup =
  /^\/*(|\.|(system|user|machine|init)\.(slice|scope)|system\.slice\/.*\.service)\/*$/;

export const cgroup: Control = {
  id,
  title: "No container shares the host's control groups",
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "In the host's control group namespace a container sees the groups of everything else; below a group of the host's own services it lives by their limits.",
  references: ['CIS Docker Benchmark 5.25'],
  blindSpots: [
    'Which limits a group of your own has, that cgroup_parent names, is not seen.',
    "Under control groups v1 the host's namespace is the engine's default, and is not objected to in what runs.",
  ],
  remedy: 'Take cgroup: host and cgroup_parent out.',
  static: (model) =>
    checkServices(model, id, ['cgroup', 'cgroup_parent'], (service, name) => {
      const found = judge(service.cgroup === 'host', textOf(service['cgroup_parent']));
      return service.cgroup === 'host'
        ? found
        : { ...found, location: ['services', name, 'cgroup_parent'] };
    }),
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.CgroupnsMode, CgroupParent',
      ({ facts: { host }, rendered }) => {
        // https://docs.docker.com/reference/cli/dockerd/: --default-cgroupns-mode
        const byDefault = context.host.cgroupVersion === '1' && rendered?.cgroup !== 'host';
        return judge(host.cgroupnsMode === 'host' && !byDefault, host.cgroupParent);
      },
    ),
  fix: ({ subject }, { document }) =>
    document.services[subject]?.cgroup === 'host'
      ? [
          {
            service: subject,
            key: ['cgroup'],
            change: { kind: 'set', value: 'private' },
            reason: 'sees its own control group only',
          },
        ]
      : null,
  examples: {
    pass: [
      exampleService({}),
      exampleService({ cgroup: 'private' }),
      exampleService({ cgroup_parent: 'containers.slice' }),
    ],
    fail: [
      exampleService({ cgroup: 'host' }),
      exampleService({ cgroup_parent: 'system.slice' }),
      exampleService({ cgroup_parent: '/' }),
    ],
  },
};

function judge(
  host: boolean,
  parent: string,
): { status: 'pass' | 'fail'; expected: string; seen: string } {
  const expected = 'a control group of its own';
  if (host) return { status: 'fail', expected, seen: "the host's namespace" };
  const shared = parent !== '' && hostGroup.test(parent);
  return { status: shared ? 'fail' : 'pass', expected, seen: parent || 'its own' };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
