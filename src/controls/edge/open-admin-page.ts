import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleProject, exampleService } from '../compose/example.ts';
import type { Control, StaticModel } from '../control.ts';
import { edgeFiles } from './edge-files.ts';
import { isOpenPage } from './open-pages.ts';
import { guardOf, isRedirect, judgeRouters } from './router-chain.ts';

const id = 'J-EDG-01';

export const openAdminPage: Control = {
  id,
  title: 'A page without a sign-in of its own is routed behind one',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'Metrics, logs and queues tell an intruder what runs where, and many such pages change things too. They trust whoever reaches them.',
  references: ['OWASP Top Ten A01', 'NIST SP 800-190 4.4.2', 'CRIT-004'],
  blindSpots: [
    'Pages without a sign-in are known by a table of common images; any other is the matter of J-EDG-15.',
    'A middleware that is defined in a file is judged by its name alone. A list of addresses counts as a guard.',
    'Only routers in labels of Traefik are read, and in a project those that are rendered: Caddy, nginx-proxy and deploy labels are not.',
  ],
  remedy: 'Add a forwardAuth, basicAuth or OIDC middleware to the router, or take the route out.',
  static: (model) => {
    const sso = new Set(
      model.project?.stack.routes
        .filter((route) => route.auth === 'sso')
        .map((route) => `${route.service}-${route.name}`),
    );
    return judgeRouters(model, 'a sign-in in its chain', (chain) => {
      const isInternal = chain.target?.includes('@internal') ?? false;
      const asks = sso.has(chain.name) || (chain.view !== undefined && isOpenPage(chain.view));
      if (isInternal || !asks || isRedirect(chain)) {
        return { status: 'not-applicable', seen: 'it has a sign-in of its own, or is public' };
      }
      const guard = guardOf(chain);
      const seen = chain.middlewares.slice(0, 8).join(', ') || 'no middleware';
      return { status: guard === 'guarded' ? 'pass' : guard === 'open' ? 'fail' : 'unknown', seen };
    });
  },
  examples: {
    pass: [
      routed('prom/prometheus:v3', { middlewares: 'auth' }, { 'auth.forwardauth.address': 'x' }),
      routed('prom/prometheus:v3', { middlewares: 'authelia@file' }),
      routed(
        'amir20/dozzle:v8',
        { middlewares: 'outer' },
        { 'outer.chain.middlewares': 'limit,inner', 'inner.basicauth.users': 'x' },
      ),
      {
        document: {
          services: {
            logs: {
              ...routed('amir20/dozzle:v8', { middlewares: 'sso@file' }).document.services['app'],
            },
            blog: routed('ghost:5', {}).document.services['app'] ?? {},
          },
        },
      },
      ofProject('gate'),
    ],
    fail: [
      routed('prom/prometheus:v3', {}),
      routed('amir20/dozzle:v8', { middlewares: 'limit' }, { 'limit.ratelimit.average': '10' }),
      routed('mongo-express:1', {}, {}, { ME_CONFIG_BASICAUTH: 'false' }),
      ofProject('compress'),
    ],
  },
};

/** A service with a router and middlewares in labels. */
function routed(
  image: string,
  router: Readonly<Record<string, string>>,
  middlewares: Readonly<Record<string, string>> = {},
  environment: ComposeService['environment'] = {},
): StaticModel {
  const labels = (kind: string, of: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(of).map(([key, value]) => [`traefik.http.${kind}${key}`, value]);
  return exampleService({
    image,
    environment,
    labels: Object.fromEntries([
      ['traefik.http.routers.app.rule', 'Host(`app.example.com`)'],
      ...labels('routers.app.', router),
      ...labels('middlewares.', middlewares),
    ]),
  });
}

function ofProject(middleware: string): StaticModel {
  return exampleProject({
    stack: { routes: [{ service: 'app', name: 'web', auth: 'sso' } as never] },
    files: {
      [edgeFiles.routers]: `http:\n  routers:\n    app-web: { rule: x, service: app-web, middlewares: [${middleware}] }\n`,
      [edgeFiles.middlewares]:
        'http:\n  middlewares:\n    gate: { forwardAuth: { address: x } }\n    compress: { compress: {} }\n',
    },
  });
}
