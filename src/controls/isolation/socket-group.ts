import { engineHold } from '../compose/engine-holders.ts';
import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOrdinaryUser } from '../compose/service-user.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-USR-03';
const isProxy = {
  is: (view: ServiceView) => engineHold(view).kind === 'proxy' && isOrdinaryUser(view.service),
  not: 'no proxy of the socket with an ordinary user',
  expected: "the group of the engine's socket",
};

export const socketGroup: Control = {
  id,
  title: 'A socket proxy with an ordinary user can open the socket',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'The socket belongs to root and to a group: without it the proxy answers every call with an error, and running it as root is then taken for the remedy.',
  references: ['MED-001', 'https://docs.docker.com/engine/install/linux-postinstall/'],
  blindSpots: [
    'Which number the group has on the host is not known: any other than that of the user itself is taken for it.',
    'A rootless engine has a socket of its user, without a group.',
  ],
  remedy:
    'Name the group of the socket: user: "65534:GID", with the GID that stat -c %g /var/run/docker.sock shows.',
  static: (model) =>
    checkPrograms(model, id, isProxy, (view) => {
      const [user = '', group = ''] = (view.service.user ?? '').split(':');
      const more: unknown = view.service.group_add;
      const holds =
        (group !== '' && group !== user) ||
        (Array.isArray(more) && more.length > 0) ||
        isRootless(view);
      return {
        status: holds ? 'pass' : 'fail',
        seen: view.service.user ?? '',
        location: placeOf(view, 'user'),
      };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'wollomatic/socket-proxy:1.13',
        user: '65534:998',
        volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
      }),
      exampleService({
        image: 'wollomatic/socket-proxy:1.13',
        user: '1000:1000',
        volumes: ['/run/user/1000/docker.sock:/var/run/docker.sock:ro'],
      }),
    ],
    fail: [
      exampleService({
        image: 'wollomatic/socket-proxy:1.13',
        user: '65534:65534',
        volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
      }),
      exampleService({
        image: 'tecnativa/docker-socket-proxy:v0.4.1',
        user: '1000',
        volumes: ['/var/run/docker.sock:/var/run/docker.sock'],
      }),
    ],
  },
};

/** https://docs.docker.com/engine/security/rootless/: the socket is the user's own. */
function isRootless(view: ServiceView): boolean {
  return view.mounts.some(({ source }) => source.startsWith('/run/user/'));
}
