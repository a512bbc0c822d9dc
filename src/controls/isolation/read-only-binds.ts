import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { mountsOf } from '../compose/service-mounts.ts';
import type { Control } from '../control.ts';
import { tryActs } from '../position/shell-acts.ts';
import { mountAt } from '../reading/mount-table.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-07';

export const readOnlyBinds: Control = {
  id,
  title: 'Configuration and secrets are mounted read-only',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'A service that can rewrite its own configuration can switch its protections off, for good.',
  references: ['OWASP Docker Security Cheat Sheet rule 8'],
  blindSpots: ['Files that a service keeps in a volume of its own are its own to change.'],
  remedy: 'Write binds with read_only: true, or with :ro at their end.',
  static: (model) =>
    checkServices(model, id, ['volumes'], (service) => {
      const expected = 'every bind read-only';
      const binds = mountsOf(service).filter((mount) => mount.type === 'bind');
      if (binds.length === 0) return { status: 'not-applicable', expected, seen: 'no bind' };
      const open = binds.filter((mount) => !mount.readOnly).map((mount) => mount.target);
      return {
        status: open.length === 0 ? 'pass' : 'fail',
        expected,
        seen: open.length === 0 ? `${binds.length} so` : `writable: ${open.join(', ')}`,
      };
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo of each bind', async (target) => {
      const expected = 'every bind ro';
      const binds = target.facts.mounts.filter((mount) => mount.type === 'bind');
      if (binds.length === 0) return { status: 'not-applicable', expected, seen: 'no bind' };
      const { mounts } = await target.snapshot();
      const open = binds
        // The kernel names the target by its real path: /var/run is a link to /run.
        .filter((bind) => {
          const real = bind.target.replace(/^\/var\/run\//, '/run/');
          const mount = mountAt(mounts, bind.target) ?? mountAt(mounts, real);
          return !mount?.options.includes('ro');
        })
        .map((bind) => bind.target);
      return {
        status: open.length === 0 ? 'pass' : 'fail',
        expected,
        seen: open.length === 0 ? `${binds.length} ro` : `writable: ${open.join(', ')}`,
      };
    }),
  attack: (context) =>
    probeContainers(context, id, 'binds opened for writing as root inside', (target) => {
      const binds = target.facts.mounts.filter(
        (mount) => mount.type === 'bind' && !mount.target.endsWith('.sock'),
      );
      const expected = 'EROFS or EACCES for each';
      if (binds.length === 0) return { status: 'not-applicable', expected, seen: 'no bind' };
      return tryActs(
        context,
        target,
        binds.map(({ target: path }) => ({
          name: path,
          // Opened for appending with nothing written: the content stays as it is.
          script: `if [ -d '${path}' ]; then f='${path}'/.jacker-$$; : > "$f"; r=$?; rm -f "$f"; exit $r; else : >> '${path}'; fi`,
          // A file of another owner is refused before the kernel comes to the mount.
          refusal: /read-only file system|permission denied/i,
        })),
        expected,
      );
    }),
  examples: {
    pass: [
      exampleService({ volumes: ['./app.yml:/app.yml:ro'] }),
      exampleService({
        volumes: [{ type: 'bind', source: './a', target: '/a', read_only: true }],
      }),
    ],
    fail: [
      exampleService({ volumes: ['./app.yml:/app.yml'] }),
      exampleService({ volumes: [{ type: 'bind', source: '/srv/a', target: '/a' }] }),
    ],
  },
};
