import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { isWithin, mountsOf } from '../compose/service-mounts.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-03';
/** Paths whose content makes its writer root, or gives away the host's secrets. */
const sensitive = [
  '/etc',
  '/root',
  '/home',
  '/boot',
  '/dev',
  '/proc',
  '/sys',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/spool/cron',
];
/** Files that many images mount for the time of day; they hold nothing. */
const harmless = ['/etc/localtime', '/etc/timezone'];

export const sensitiveMounts: Control = {
  id,
  title: 'No container mounts sensitive folders of the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "With a folder such as /etc or the engine's own data, a container changes the host, or reads the secrets of every other.",
  references: ['CIS Docker Benchmark 5.6', 'NIST SP 800-190 4.5.5'],
  blindSpots: [
    'A folder elsewhere that a service of the host trusts is not known to be sensitive.',
  ],
  remedy: 'Mount a named volume, or the one file that is needed, read-only.',
  static: (model) =>
    checkServices(model, id, ['volumes'], (service) => {
      const found = mountsOf(service)
        .filter((mount) => isSensitive(mount.source))
        .map((mount) => mount.source);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.join(', ') || 'none',
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Mounts', ({ facts, rendered }) => {
      // A project may itself lie in a home folder: what it was rendered to mount is its own.
      const own = new Set((rendered ? mountsOf(rendered) : []).map((mount) => mount.target));
      const files = new Set(
        [...(rendered?.secrets ?? [])].flatMap((secret) =>
          typeof secret === 'string' ? [`/run/secrets/${secret}`] : [secret.target ?? ''],
        ),
      );
      const found = facts.mounts
        .filter((mount) => mount.type === 'bind' && isSensitive(mount.source))
        .filter((mount) => mount.writable || !(own.has(mount.target) || files.has(mount.target)))
        .map((mount) => mount.source);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: "none but the project's own files, read-only",
        seen: found.join(', ') || 'none',
      };
    }),
  examples: {
    pass: [
      exampleService({ volumes: ['data:/data', '/etc/localtime:/etc/localtime:ro'] }),
      exampleService({ volumes: ['./config/app.yml:/app.yml:ro'] }),
    ],
    fail: [
      exampleService({ volumes: ['/:/host'] }),
      exampleService({ volumes: ['/etc/cron.d:/cron'] }),
      exampleService({ volumes: [{ type: 'bind', source: '/var/lib/docker', target: '/d' }] }),
    ],
  },
};

function isSensitive(source: string): boolean {
  if (!source.startsWith('/') || harmless.includes(source)) return false;
  return source === '/' || source === '/var' || sensitive.some((path) => isWithin(source, path));
}
