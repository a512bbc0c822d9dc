import { exampleProject, exampleService } from '../compose/example.ts';
import type { Control, Reading, StaticModel } from '../control.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { edgeFiles } from './edge-files.ts';
import { rateLimited, tooMany } from './rate-limited.ts';
import { isRedirect, judgeRouters, seek } from './router-chain.ts';

const id = 'J-EDG-05';
/** Options of Traefik's headers that protect a browser, and headers that are set by name. */
const protecting =
  /^headers\.(stsseconds|contenttypenosniff|framedeny|customframeoptionsvalue|contentsecuritypolicy|referrerpolicy|permissionspolicy|sslredirect)$|^headers\.customresponseheaders\.(strict-transport-security|x-content-type-options|x-frame-options|content-security-policy)$/;
/** What an answer of the edge must have, whoever asks. */
const wanted: readonly { name: string; holds: (value: string) => boolean }[] = [
  {
    name: 'strict-transport-security',
    holds: (value) => Number(/max-age=(\d+)/.exec(value)?.[1] ?? 0) > 0,
  },
  { name: 'x-content-type-options', holds: (value) => value === 'nosniff' },
  { name: 'referrer-policy', holds: (value) => value !== '' && value !== 'unsafe-url' },
];

export const securityHeaders: Control = {
  id,
  title: 'Answers carry the headers that protect a browser',
  severity: 'medium',
  domain: 'edge',
  subject: 'router',
  why: 'HSTS keeps a browser on TLS, nosniff keeps it from running what was uploaded, and a frame policy keeps other sites from showing a page as theirs.',
  references: ['OWASP Secure Headers Project', 'OWASP Top Ten A05'],
  blindSpots: [
    'Headers that the application sends itself are not in its Compose file.',
    'A middleware that is defined in a file is judged by its name alone.',
    'Whether a content security policy fits the page is not judged.',
    'Only routers in labels of Traefik are read, and in a project those that are rendered: Caddy and nginx-proxy are not.',
  ],
  remedy:
    'Add a headers middleware: traefik.http.middlewares.secure.headers.stsSeconds=31536000, contentTypeNosniff=true, referrerPolicy=strict-origin-when-cross-origin.',
  static: (model) =>
    judgeRouters(model, 'a headers middleware', (chain) => {
      const isInner = model.project !== undefined && !chain.entryPoints.includes('websecure');
      return isInner || isRedirect(chain) ? null : seek(chain, protecting, /header|secur|hsts/i);
    }),
  probe: async (context) =>
    Promise.all(
      context.stack.routes.map(async (route): Promise<Reading> => {
        const base = {
          subject: `${route.service}-${route.name}`,
          read: 'headers of GET without a session',
          from: context.edge.address,
          expected: wanted.map(({ name }) => name).join(', '),
        };
        try {
          const path = route.path ?? '/';
          const { status, headers } = await context.edge.request({ host: route.hostName, path });
          if (status === tooMany) return { ...base, status: 'unknown', seen: rateLimited };
          const missing = wanted.filter(({ name, holds }) => !holds(headers[name] ?? ''));
          return {
            ...base,
            status: missing.length === 0 ? 'pass' : 'fail',
            seen:
              missing.length === 0 ? 'so' : `without ${missing.map(({ name }) => name).join(', ')}`,
          };
        } catch (error) {
          context.signal.throwIfAborted();
          return { ...base, status: 'unknown', seen: firstLine(error) };
        }
      }),
    ),
  examples: {
    pass: [
      routed('secure', { 'secure.headers.stsSeconds': '31536000' }),
      routed('headers-strict@file', {}),
      ofProject('stsSeconds: 31536000'),
    ],
    fail: [
      routed('', {}),
      routed('proto', { 'proto.headers.customrequestheaders.X-Forwarded-Proto': 'https' }),
      ofProject('customRequestHeaders: { X-App: x }'),
    ],
  },
};

function routed(middlewares: string, labels: Readonly<Record<string, string>>): StaticModel {
  return exampleService({
    image: 'ghost:5',
    labels: {
      'traefik.http.routers.app.rule': 'Host(`app.example.com`)',
      'traefik.http.routers.app.middlewares': middlewares,
      ...Object.fromEntries(
        Object.entries(labels).map(([key, value]) => [`traefik.http.middlewares.${key}`, value]),
      ),
    },
  });
}

function ofProject(headers: string): StaticModel {
  return exampleProject({
    files: {
      [edgeFiles.routers]:
        'http:\n  routers:\n    app: { entryPoints: [websecure], rule: x, service: app, middlewares: [h] }\n',
      [edgeFiles.middlewares]: `http:\n  middlewares:\n    h: { headers: { ${headers} } }\n`,
    },
  });
}
