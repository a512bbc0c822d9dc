import { exampleService } from '../compose/example.ts';
import { isRootEquivalent } from '../compose/host-paths.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-03';

export const sensitiveMounts: Control = {
  id,
  title: 'No container can write what makes it root on the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "With a writable folder such as /etc, /usr/bin or the engine's own data, a container replaces what the host runs as root.",
  references: ['CIS Docker Benchmark 5.6', 'NIST SP 800-190 4.5.5'],
  blindSpots: [
    'A folder elsewhere that a service of the host trusts is not known to be sensitive.',
    'What is mounted read-only is the matter of J-FS-04.',
  ],
  remedy: 'Mount a named volume, or the one file that is needed, read-only.',
  static: (model) =>
    checkViews(model, id, ['volumes'], ({ mounts }) => {
      const found = mounts
        .filter((mount) => !mount.readOnly && isRootEquivalent(mount.source))
        .map((mount) => mount.source);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.join(', ') || 'none',
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Mounts', ({ facts }) => {
      const found = facts.mounts
        .filter((mount) => mount.type === 'bind' && mount.writable)
        .map((mount) => mount.source)
        .filter(isRootEquivalent);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.join(', ') || 'none',
      };
    }),
  examples: {
    pass: [
      exampleService({ volumes: ['data:/data', '/etc/localtime:/etc/localtime:ro'] }),
      exampleService({ volumes: ['./config/app.yml:/app.yml:ro'] }),
      exampleService({
        volumes: ['/home/ada/app/data:/data', '/etc/letsencrypt:/etc/letsencrypt'],
      }),
      exampleService({ volumes: ['/:/host:ro,rslave', '/var/lib/docker/volumes/x/_data:/x'] }),
    ],
    fail: [
      exampleService({ volumes: ['/:/host'] }),
      exampleService({ volumes: ['/etc/cron.d:/cron'] }),
      exampleService({ volumes: [{ type: 'bind', source: '/var/lib/docker', target: '/d' }] }),
      exampleService({ volumes: ['/home/ada:/home/ada'] }),
      exampleService({ volumes: ['~/.ssh:/root/.ssh'] }),
      exampleService({ volumes: ['/lib/modules:/lib/modules'] }),
    ],
  },
};
