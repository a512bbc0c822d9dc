import type { Control, StaticModel } from '../control.ts';
import { exampleService } from '../compose/example.ts';
import { isOpenPage } from './open-pages.ts';
import { guardOf, isRedirect, judgeRouters } from './router-chain.ts';

const id = 'J-EDG-15';

export const unguardedRouter: Control = {
  id,
  title: 'Routers without a sign-in are known to be public',
  severity: 'info',
  domain: 'edge',
  subject: 'router',
  why: 'An application with its own sign-in is a program whose every flaw strangers may try; a sign-in before it leaves them outside.',
  references: ['J-EDG-01', 'NIST SP 800-190 4.4.2'],
  blindSpots: [
    'Whether the application has a sign-in, or is meant for everybody, a file does not say.',
    'Only routers in labels of Traefik are read: Caddy and nginx-proxy are not.',
  ],
  remedy: 'Put a sign-in before it where it is not meant for everybody.',
  static: (model) =>
    model.project
      ? []
      : judgeRouters(model, 'a sign-in in its chain', (chain) => {
          const { view } = chain;
          const isOther = view === undefined || isOpenPage(view) || view.role === 'sign-in';
          if (isOther || isRedirect(chain)) return null;
          const guard = guardOf(chain);
          if (guard === 'unknown') return null;
          return {
            status: guard === 'guarded' ? 'pass' : 'fail',
            seen:
              guard === 'guarded' ? 'so' : 'none: the application alone decides who may come in',
          };
        }),
  examples: {
    pass: [routed('auth@file')],
    fail: [routed('')],
  },
};

function routed(middlewares: string): StaticModel {
  return exampleService({
    image: 'ghost:5',
    labels: {
      'traefik.http.routers.blog.rule': 'Host(`blog.example.com`)',
      'traefik.http.routers.blog.middlewares': middlewares,
    },
  });
}
