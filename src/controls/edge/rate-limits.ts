import { edgeService } from '../../catalog/resolve-stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { readEdgeView } from '../position/traefik-api.ts';
import { edgeFiles, edgeMiddlewares, edgeRouters } from './edge-files.ts';
import { floodTier, mostRequests } from './rate-flood.ts';
import { describeBucket, describeEffective, tiers, wantedBucket } from './rate-tiers.ts';

const id = 'MED-007';

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
    `The flood of a tier ends after a few seconds and ${mostRequests} requests: a wider limit is not reached by it, and then unknown.`,
    "Traefik forgets a client that is silent for one request's time and a second; it may then use its burst again.",
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
        const expected = describeBucket(wantedBucket(context, tier));
        const seen = found?.rateLimit ? describeEffective(found.rateLimit) : 'no such limit';
        return {
          subject: `rate-${tier}`,
          read: 'Traefik API: middlewares',
          from,
          expected,
          status: found?.status === 'enabled' && seen === expected ? 'pass' : 'fail',
          seen: found?.status === 'enabled' ? seen : `${found?.status ?? 'missing'}, ${seen}`,
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
    const readings: Reading[] = [];
    // One after the other: together they would slow each other down.
    for (const tier of tiers) readings.push(...(await floodTier(context, tier)));
    return readings;
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
