import { edgeService } from '../../catalog/resolve-stack.ts';
import { parseRate } from '../../render/edge.ts';
import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { readEdgeView } from '../position/traefik-api.ts';
import { edgeFiles, edgeMiddlewares, edgeRouters } from './edge-files.ts';

const id = 'MED-007';
const tiers = ['general', 'auth', 'api', 'critical'];
const tooMany = '429';
const tlsPort = 8443;
/** No more than this, whatever the settings say: a flood of a live edge has an end. */
const mostRequests = 600;

export const rateLimits: Control = {
  id,
  title: 'Every route is rate limited, per client',
  severity: 'medium',
  domain: 'edge',
  subject: 'router',
  why: 'Without a limit passwords can be guessed and a single client can take the whole edge.',
  references: ['J-EDG-04'],
  blindSpots: [
    'Clients behind one address share one limit; many addresses together are not limited here.',
    'The flood is bounded: a limit above 600 requests is not reached by it.',
  ],
  remedy: 'Give each route a tier; set RATE_GENERAL, RATE_AUTH, RATE_API and RATE_CRITICAL.',
  static: ({ project }) => {
    const routers = edgeRouters(project);
    if (routers === null) return [];
    const middlewares = edgeMiddlewares(project);
    return [
      ...Object.entries(routers)
        .filter(([, router]) => router.entryPoints.includes('websecure'))
        .map(([name, router]): StaticResult => {
          const tier = router.middlewares.find((middleware) => middleware.startsWith('rate-'));
          return {
            subject: name,
            file: edgeFiles.routers,
            location: ['http', 'routers', name, 'middlewares'],
            expected: 'a rate limit',
            status: tier === undefined ? 'fail' : 'pass',
            seen: tier ?? 'none',
          };
        }),
      ...tiers.map((tier): StaticResult => {
        const limit = middlewares?.[`rate-${tier}`]?.['rateLimit'] as
          { average?: number; burst?: number; redis?: object } | undefined;
        const set = (limit?.average ?? 0) > 0 && limit?.redis !== undefined;
        return {
          subject: `rate-${tier}`,
          file: edgeFiles.middlewares,
          location: ['http', 'middlewares', `rate-${tier}`, 'rateLimit'],
          expected: 'an average above 0, counted in Redis',
          status: middlewares === null ? 'unknown' : set ? 'pass' : 'fail',
          seen: middlewares === null ? 'the file is missing' : set ? 'so' : 'not so',
        };
      }),
    ];
  },
  probe: async (context) => {
    const { routers, middlewares } = await readEdgeView(context);
    const from = context.containers.get(edgeService)?.name ?? edgeService;
    return [
      ...tiers.map((tier): Reading => {
        const found = middlewares[`rate-${tier}@file`];
        return {
          subject: `rate-${tier}`,
          read: 'Traefik API: middlewares',
          from,
          expected: 'enabled',
          status: found?.status === 'enabled' ? 'pass' : 'fail',
          seen: found?.status ?? 'Traefik has no such middleware',
        };
      }),
      ...Object.entries(routers)
        .filter(([, router]) => router.entryPoints.includes('websecure'))
        .map(([name, router]): Reading => {
          const tier = router.middlewares.find((middleware) => middleware.startsWith('rate-'));
          return {
            subject: name,
            read: 'Traefik API: routers',
            from,
            expected: 'a rate limit',
            status: tier === undefined ? 'fail' : 'pass',
            seen: tier ?? 'none',
          };
        }),
    ];
  },
  attack: async (context) => {
    const network = context.stack.networks.find(
      (known) => known.purpose === 'relation' && known.members.includes(edgeService),
    );
    const other = network?.members.find((member) => member !== edgeService);
    const route = context.stack.routes.find((known) => known.tier === 'auth');
    const base = {
      subject: route ? `${route.service}-${route.name}` : 'auth',
      read: 'a flood of one client, then a request of another',
      expected: '429 for the one, an answer for the other',
    };
    if (!network || other === undefined || !route) {
      const from = context.stack.project;
      return [{ ...base, from, status: 'not-applicable', seen: 'no route of the tier auth' }];
    }
    const { average, burst } = parseRate(textOf(context.settings, 'RATE_AUTH'));
    const count = Math.min(mostRequests, burst + Math.min(average, 60) + 20);
    const request = (times: number): DialTask => ({
      kind: 'http',
      host: edgeService,
      port: tlsPort,
      tls: { servername: route.hostName },
      method: 'GET',
      path: '/oauth2/sign_in',
      headers: { host: route.hostName },
      count: times,
      timeoutMs: 10_000,
    });
    const [flood] = await context.attacker.dial({ network: network.name }, [request(count)]);
    const [second] = await context.attacker.dial({ service: other }, [request(1)]);
    const from = `a container on ${network.name}, then ${other}`;
    if (flood?.kind !== 'http' || second?.kind !== 'http' || flood.failed === count) {
      const seen = flood?.kind === 'http' ? flood.detail : 'no result';
      return [{ ...base, from, status: 'unknown', seen }];
    }
    const limited = flood.statuses[tooMany] ?? 0;
    const [answer = second.detail] = Object.keys(second.statuses);
    const holds = limited > 0 && limited < count && second.failed === 0 && answer !== tooMany;
    return [
      {
        ...base,
        from,
        status: holds ? 'pass' : 'fail',
        seen: `429 for ${limited} of ${count}; the other got ${answer}`,
      },
    ];
  },
  examples: {
    pass: [exampleOf('rate-general', 'average: 10, redis: {}')],
    fail: [
      exampleOf('compress', 'average: 10, redis: {}'),
      exampleOf('rate-general', 'average: 0'),
    ],
  },
};

function exampleOf(middleware: string, limit: string) {
  return exampleProject({
    files: {
      [edgeFiles.routers]: `http:\n  routers:\n    app: { entryPoints: [websecure], rule: x, service: app, middlewares: [${middleware}] }\n`,
      [edgeFiles.middlewares]: `http:\n  middlewares:\n${tiers.map((tier) => `    rate-${tier}: { rateLimit: { ${limit} } }\n`).join('')}`,
    },
  });
}
