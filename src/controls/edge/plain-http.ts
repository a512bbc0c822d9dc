import type { Control, StaticModel, Status } from '../control.ts';
import { edgeOptions, entryPointsOf, type EdgeOptions } from './edge-options.ts';
import { isRedirect, judgeRouters, type RouterChain } from './router-chain.ts';

const id = 'J-EDG-02';
/** Names that never leave the machine: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
const localRule = /Host(SNI)?\(`[^`]*\.?localhost`/;

export const plainHttp: Control = {
  id,
  title: 'Every router answers over TLS or leads there',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'Over plain HTTP whoever is on the way reads passwords and session cookies, and changes what is answered.',
  references: ['OWASP Top Ten A02', 'J-EDG-02', 'MED-006'],
  blindSpots: [
    "Traefik's own file is not read: where it has one, entry points and redirects are unknown.",
    'TLS that ends before Traefik, at a load balancer or tunnel, is known only by ports that are not published.',
    'Only routers in labels of Traefik are read: Caddy, nginx-proxy, TCP routers and deploy labels are not.',
  ],
  remedy:
    'Redirect the entry point: --entrypoints.web.http.redirections.entrypoint.to=websecure, and give the router tls=true on the other one.',
  static: (model) => {
    if (model.project) return [];
    const edge = edgeOptions(model)[0];
    return judgeRouters(model, 'TLS, or a redirect to it', (chain) => judge(chain, edge));
  },
  examples: {
    pass: [
      exampleOf({ 'routers.app.tls.certresolver': 'le', 'routers.app.entrypoints': 'websecure' }),
      exampleOf({ 'routers.app.entrypoints': 'web' }, [
        '--entrypoints.web.http.redirections.entrypoint.to=websecure',
      ]),
      exampleOf({ 'routers.app.entrypoints': 'websecure' }, [
        '--entrypoints.websecure.http.tls.certresolver=le',
      ]),
      exampleOf({
        'routers.app.entrypoints': 'web',
        'routers.app.middlewares': 'https',
        'middlewares.https.redirectscheme.scheme': 'https',
      }),
    ],
    fail: [
      exampleOf({ 'routers.app.entrypoints': 'web' }),
      exampleOf({ 'routers.app.entrypoints': 'web', 'routers.app.tls': 'false' }),
      exampleOf({ 'routers.app.entrypoints': 'web,websecure' }, [
        '--entrypoints.websecure.http.tls=true',
      ]),
    ],
  },
};

function judge(
  chain: RouterChain,
  edge: EdgeOptions | undefined,
): { status: Status; seen: string } | null {
  if (chain.hasTls) return { status: 'pass', seen: 'TLS' };
  if (isRedirect(chain)) return { status: 'pass', seen: 'a redirect' };
  if (localRule.test(chain.rule)) return null;
  if (!edge?.isVisible) {
    return { status: 'unknown', seen: 'no TLS of its own; the entry points are not in this file' };
  }
  const known = entryPointsOf(edge);
  const names = chain.entryPoints.length > 0 ? chain.entryPoints : [...known.keys()];
  const plain = names.filter((name) => {
    const point = known.get(name.toLowerCase());
    return point && !point.hasTls && !point.redirects && point.isPublished !== false;
  });
  // Without any entry point in its options Traefik has one for HTTP, on port 80.
  if (known.size === 0) return { status: 'fail', seen: 'plain HTTP on the default entry point' };
  return plain.length === 0
    ? { status: 'pass', seen: 'no entry point that is plain and published' }
    : { status: 'fail', seen: `plain HTTP on ${plain.slice(0, 5).join(', ')}` };
}

function exampleOf(
  labels: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): StaticModel {
  return {
    document: {
      services: {
        edge: {
          image: 'traefik:v3',
          ports: ['80:80', '443:443'],
          command: [
            '--entrypoints.web.address=:80',
            '--entrypoints.websecure.address=:443',
            '--providers.docker.exposedbydefault=false',
            ...options,
          ],
        },
        app: {
          image: 'ghost:5',
          labels: {
            'traefik.enable': 'true',
            'traefik.http.routers.app.rule': 'Host(`app.example.com`)',
            ...Object.fromEntries(
              Object.entries(labels).map(([key, value]) => [`traefik.http.${key}`, value]),
            ),
          },
        },
      },
    },
  };
}
