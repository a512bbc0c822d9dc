import { exampleService } from '../compose/example.ts';
import type { ServiceMount } from '../compose/service-mounts.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { tryActs } from '../position/shell-acts.ts';
import { mountAt } from '../reading/mount-table.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-07';
/** Files of settings and keys by their names; a program that keeps its state in one is left out. */
const settings =
  /\.(ya?ml|toml|conf|cnf|cfg|ini|hcl|env|pem|key|crt|htpasswd|template|sh)$|(^|\/)(Caddyfile|Corefile|\.env|htpasswd)$/i;
const state = /(^|\/)(acme[^/]*\.json|users?_database\.ya?ml|known_hosts|[^/]*\.(db|sqlite3?))$/i;
/** Folders that programs only read, and those that hold secrets. */
const folders =
  /^\/(docker-entrypoint-initdb\.d|run\/secrets|etc\/(prometheus|alertmanager|loki|haproxy|nginx|grafana(\/provisioning)?|traefik\/(dynamic|conf\.d)))(\/|$)|(^|\/)secrets?(\/|$)/i;

export const readOnlyBinds: Control = {
  id,
  title: 'Configuration and secrets are mounted read-only',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'A service that can rewrite its own configuration can switch its protections off, for good.',
  references: ['OWASP Docker Security Cheat Sheet rule 8'],
  blindSpots: [
    'Files that a service keeps in a volume of its own are its own to change.',
    'In a Compose file that is not of Jacker, configuration and secrets are known by the names of files and of common folders: in a folder such as /config a program may keep its data, too.',
  ],
  remedy:
    'Write :ro at the end of the bind, or read_only: true in the long form. A program that changes its own settings gets a volume for them.',
  static: (model) =>
    checkViews(model, id, ['volumes'], ({ mounts, known }) => {
      const expected = known ? 'every bind read-only' : 'every bind of settings read-only';
      const binds = mounts.filter(
        (mount) => mount.type === 'bind' && (known !== undefined || holdsSettings(mount)),
      );
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
        volumes: [{ type: 'bind', source: './a.conf', target: '/etc/a.conf', read_only: true }],
      }),
      // Data, a folder in which a program keeps its state, and the store of certificates.
      exampleService({
        volumes: ['./app.yml:/app.yml:ro', './data:/var/lib/postgresql/data', './app:/config'],
      }),
      exampleService({
        volumes: ['./t.yml:/etc/traefik/traefik.yml:ro', './acme.json:/acme.json'],
      }),
    ],
    fail: [
      exampleService({ volumes: ['./app.yml:/app.yml'] }),
      exampleService({
        volumes: [{ type: 'bind', source: '/srv/db/init', target: '/docker-entrypoint-initdb.d' }],
      }),
      exampleService({ volumes: ['./secrets:/run/secrets'] }),
    ],
  },
};

/** True for a bind of what a program reads and need not write, by the names on both sides. */
function holdsSettings({ source, target }: ServiceMount): boolean {
  const names = [source, target.replace(/\/$/, '')];
  if (names.some((name) => state.test(name) || name.endsWith('.sock'))) return false;
  return names.some((name) => settings.test(name)) || folders.test(target);
}
