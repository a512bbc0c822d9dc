import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isWithin } from '../compose/service-mounts.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-FS-08';
const expected = 'a tmpfs or volume where the program writes';

/** Folders that an image writes to before it works; of each group one is enough. */
const needs: readonly { path: RegExp; folders: readonly (readonly string[])[] }[] = [
  // https://github.com/Tecnativa/docker-socket-proxy/blob/master/docker-entrypoint.sh
  { path: /(^|\/)tecnativa\/docker-socket-proxy$/, folders: [['/tmp'], ['/run', '/var/run']] },
  // https://docs.linuxserver.io/images/docker-socket-proxy/
  { path: /(^|\/)linuxserver\/socket-proxy$/, folders: [['/run']] },
  // https://hub.docker.com/_/nginx: running in read-only mode
  { path: /^(library\/)?nginx$/, folders: [['/var/cache/nginx'], ['/var/run', '/run']] },
  { path: /(^|\/)nginx-unprivileged$/, folders: [['/tmp']] },
  // https://github.com/docker-library/postgres/issues/154
  { path: /^(library\/)?postgres$/, folders: [['/var/run/postgresql', '/run/postgresql']] },
  {
    path: /^(library\/)?(mysql|mariadb)$/,
    folders: [['/run/mysqld', '/var/run/mysqld'], ['/tmp']],
  },
  // https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/
  { path: /^grafana\/grafana(-oss|-enterprise)?$/, folders: [['/var/lib/grafana']] },
];

const isReadOnly = {
  is: (view: ServiceView) => view.service.read_only === true && needOf(view) !== undefined,
  not: 'it may write, or nothing is known of the image',
  expected,
};

export const writableNeeds: Control = {
  id,
  title: 'A read-only service can write where its program must',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'A proxy that cannot write its rendered configuration, or a database without its socket, does not start; what is switched off in a hurry then is the protection.',
  references: ['J-FS-01', 'OWASP Docker Security Cheat Sheet rule 8'],
  blindSpots: [
    'Which folders a program writes to is known of a few common images, as their own manuals say; another configuration may need others.',
  ],
  remedy:
    'Give the folder a sized tmpfs: tmpfs: [/run:size=16m], or a volume where it has to stay.',
  static: (model) =>
    checkPrograms(model, id, isReadOnly, (view) => {
      const open = writableOf(view);
      const lost = needOf(view)?.folders.filter(
        (folders) => !folders.some((folder) => open.some((path) => isWithin(folder, path))),
      );
      const location = placeOf(view, 'read_only');
      return lost === undefined || lost.length === 0
        ? { status: 'pass', seen: 'so', location }
        : { status: 'fail', seen: `read-only: ${lost.map(([one]) => one).join(', ')}`, location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'nginx:1.29', read_only: true, tmpfs: ['/var/cache/nginx', '/run'] }),
      exampleService({
        image: 'postgres:17',
        read_only: true,
        tmpfs: ['/var/run:size=1m', '/tmp'],
      }),
      exampleService({
        image: 'lscr.io/linuxserver/socket-proxy:3.2.4',
        read_only: true,
        volumes: [{ type: 'tmpfs', target: '/run' }],
      }),
    ],
    fail: [
      exampleService({ image: 'ghcr.io/tecnativa/docker-socket-proxy:v0.4.1', read_only: true }),
      exampleService({ image: 'nginx:1.29', read_only: true, tmpfs: ['/tmp'] }),
      exampleService({
        image: 'grafana/grafana:12.2.0',
        read_only: true,
        volumes: ['./data:/var/lib/grafana:ro'],
      }),
    ],
  },
};

function needOf({ service, image }: ServiceView) {
  if (service['build'] !== undefined) return undefined;
  const path = image.path.toLowerCase();
  return needs.find((one) => one.path.test(path));
}

/** Paths at which the service may write, `/var/run` by its other name, too. */
function writableOf(view: ServiceView): string[] {
  const scratch: unknown[] = [view.service.tmpfs ?? []].flat();
  const paths = [
    ...scratch.map((entry) => String(entry).split(':')[0] ?? ''),
    ...view.mounts.filter(({ readOnly }) => !readOnly).map(({ target }) => target),
  ];
  return paths.filter((path) => path.startsWith('/'));
}
