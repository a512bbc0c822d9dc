import { exampleService } from '../compose/example.ts';
import { holdsHostSecrets } from '../compose/host-paths.ts';
import { isMonitor } from '../compose/monitors.ts';
import type { Outcome } from '../compose/service-check.ts';
import type { ServiceMount } from '../compose/service-mounts.ts';
import { isRoot } from '../compose/service-user.ts';
import { checkViews, isOnlyVariable } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-04';
const expected = 'none';
export const readableSecrets: Control = {
  id,
  title: "No container can read the host's secrets",
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "Read-only keeps a container from changing a folder, not from copying what is in it: password hashes, SSH keys, every other container's data and environment.",
  references: ['CIS Docker Benchmark 5.6', 'NIST SP 800-190 4.5.5'],
  blindSpots: [
    'A folder elsewhere that holds secrets is not known.',
    'A monitoring program that is known to need the host read-only passes where user: is not root: what only root may read is closed to it then. Without user: it is unknown, because the image decides.',
    'A writable mount of the same folders is the matter of J-FS-03.',
  ],
  remedy: 'Mount the one file or folder that is needed.',
  static: (model) =>
    checkViews(
      model,
      id,
      ['volumes', 'user'],
      (view) => {
        const mounts = view.mounts.filter((mount) => mount.readOnly);
        const found = mounts.filter((mount) => holdsHostSecrets(mount.source));
        const monitor = isMonitor(view);
        if (found.length === 0 && mounts.some((mount) => isOnlyVariable(mount.source))) {
          return { status: 'unknown', expected, seen: 'a variable in volumes' };
        }
        // What user: will be is as open as the image's own.
        const user = view.isOpen('user') ? '' : (view.service.user ?? '');
        return judge(found, monitor ? user : undefined);
      },
      [],
    ),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Mounts', ({ facts }) => {
      const found = facts.mounts.filter(
        (mount) => mount.type === 'bind' && !mount.writable && holdsHostSecrets(mount.source),
      );
      return judge(found, undefined);
    }),
  examples: {
    pass: [
      exampleService({}),
      exampleService({
        volumes: [
          '/etc/localtime:/etc/localtime:ro',
          '/etc/passwd:/etc/passwd:ro',
          '/etc/letsencrypt:/certs:ro',
          '/home/ada/app/config:/config:ro',
          './.docker:/x:ro',
        ],
      }),
      exampleService({
        image: 'prom/node-exporter:v1.9.0',
        user: '65534:65534',
        volumes: ['/:/host:ro,rslave', '/proc:/host/proc:ro', '/sys:/host/sys:ro'],
      }),
    ],
    fail: [
      exampleService({ volumes: ['/:/host:ro'] }),
      exampleService({ volumes: ['/etc/shadow:/s:ro'] }),
      exampleService({ volumes: ['~/.ssh:/home/app/.ssh:ro'] }),
      exampleService({
        volumes: [{ type: 'bind', source: '/var/lib/docker/', target: '/d', read_only: true }],
      }),
      exampleService({
        image: 'prom/node-exporter:v1.9.0',
        user: 'root',
        volumes: ['/:/host:ro,rslave'],
      }),
    ],
  },
};

/** @param monitor The user of a known monitoring program, '' for the image's own. */
function judge(
  found: readonly Pick<ServiceMount, 'source'>[],
  monitor: string | undefined,
): Outcome {
  const seen = found.map((mount) => mount.source).join(', ') || 'none';
  if (found.length === 0) return { status: 'pass', expected, seen };
  if (monitor === '') {
    return { status: 'unknown', expected, seen: `${seen}, read by a monitor as the image's user` };
  }
  if (isRoot(monitor ?? 'root')) return { status: 'fail', expected, seen };
  return { status: 'pass', expected, seen: `${seen}, read by a monitor that is not root` };
}
