import { exampleService } from '../compose/example.ts';
import type { Control, StaticModel } from '../control.ts';
import { isRedirect, judgeRouters, seek } from './router-chain.ts';

const id = 'J-EDG-04';

export const routerRateLimit: Control = {
  id,
  title: 'Routers of any stack limit how often one client may ask',
  severity: 'low',
  domain: 'edge',
  subject: 'router',
  why: 'Without a limit passwords can be guessed as fast as the program answers, and one client takes the whole edge.',
  references: ['OWASP API Security Top 10 API4', 'MED-007'],
  blindSpots: [
    'A limit before Traefik, or in the application, is not seen.',
    'A middleware that is defined in a file is judged by its name alone.',
    'Only routers in labels of Traefik are read: Caddy and nginx-proxy are not. A project of Jacker is the matter of MED-007.',
  ],
  remedy:
    'Define one and add it to each router: traefik.http.middlewares.limit.ratelimit.average=50, with a burst.',
  static: (model) =>
    model.project
      ? []
      : judgeRouters(model, 'a limit of rate or of requests at a time', (chain) =>
          isRedirect(chain)
            ? null
            : seek(
                chain,
                /^(ratelimit|inflightreq)\.|^plugin\.[^.]*(rate|limit)/,
                /rate|limit|throttle/i,
              ),
        ),
  examples: {
    pass: [
      exampleOf({ 'middlewares.limit.ratelimit.average': '50' }, 'limit'),
      exampleOf({}, 'rate-limit@file'),
      exampleOf(
        { 'middlewares.c.chain.middlewares': 'x', 'middlewares.x.inflightreq.amount': '9' },
        'c',
      ),
    ],
    fail: [exampleOf({}, ''), exampleOf({ 'middlewares.zip.compress': 'true' }, 'zip')],
  },
};

function exampleOf(labels: Readonly<Record<string, string>>, middlewares: string): StaticModel {
  return exampleService({
    image: 'ghost:5',
    labels: {
      'traefik.http.routers.app.rule': 'Host(`app.example.com`)',
      'traefik.http.routers.app.middlewares': middlewares,
      ...Object.fromEntries(
        Object.entries(labels).map(([key, value]) => [`traefik.http.${key}`, value]),
      ),
    },
  });
}
