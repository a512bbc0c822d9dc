import { edgeService } from '../../catalog/resolve-stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { readEdgeView } from '../position/traefik-api.ts';
import { edgeFiles, edgeRouters } from './edge-files.ts';

const id = 'MED-006';
/** The one entry point without TLS that routers may have: it listens inside the container only. */
const inner = 'probe';
const expected = 'TLS with the options edge';

export const routerTls: Control = {
  id,
  title: 'Every router has the TLS options',
  severity: 'medium',
  domain: 'edge',
  subject: 'router',
  why: 'A router without its own options falls back to the default ones, and one without TLS answers in the clear.',
  references: ['J-EDG-02', 'J-EDG-03'],
  blindSpots: ['Two routers of one name and different options: Traefik takes the default ones.'],
  remedy: 'Write tls.options: edge on each router; Jacker renders all of them alike.',
  static: ({ project }) => {
    const routers = edgeRouters(project);
    return Object.entries(routers ?? {})
      .filter(([, router]) => !router.entryPoints.every((point) => point === inner))
      .map(([name, router]): StaticResult => ({
        subject: name,
        file: edgeFiles.routers,
        location: ['http', 'routers', name, 'tls'],
        expected,
        status:
          router.tls?.options === 'edge' || (isNameless(router.rule) && router.tls !== undefined)
            ? 'pass'
            : 'fail',
        seen: router.tls ? (router.tls.options ?? 'TLS with the default options') : 'no TLS',
      }));
  },
  probe: async (context) => {
    const { routers } = await readEdgeView(context);
    const from = context.containers.get(edgeService)?.name ?? edgeService;
    const wanted = new Set(
      context.stack.routes.map((route) => `${route.service}-${route.name}@file`),
    );
    const read = 'Traefik API: routers';
    const readings = Object.entries(routers)
      // The redirect of plain HTTP is Traefik's own router, without a service.
      .filter(([name]) => !name.endsWith('@internal'))
      .filter(([, router]) => !router.entryPoints.every((point) => point === inner))
      .map(([name, router]): Reading => {
        wanted.delete(name);
        const options = router.tls?.options?.split('@')[0];
        const nameless = isNameless(router.rule) && options === 'default';
        return {
          subject: name,
          read,
          from,
          expected: `enabled, ${expected}`,
          status: (options === 'edge' || nameless) && router.status === 'enabled' ? 'pass' : 'fail',
          seen: `${router.status}, ${router.tls ? (options ?? 'default') : 'no TLS'}${nameless ? ', as it has no host name' : ''}`,
        };
      });
    return [
      ...readings,
      ...[...wanted].map((name): Reading => ({
        subject: name,
        read,
        from,
        expected,
        status: 'fail',
        seen: 'Traefik has no such router',
      })),
    ];
  },
  examples: {
    pass: [exampleOf('tls: { options: edge }')],
    fail: [exampleOf('tls: {}'), exampleOf('priority: 1')],
  },
};

/**
 * Options belong to host names: a router without one gets the default options, which CRIT-003 asks
 * to be as strict.
 */
function isNameless(rule: string): boolean {
  return !/Host(SNI)?\(/.test(rule);
}

function exampleOf(extra: string) {
  return exampleProject({
    files: {
      [edgeFiles.routers]: `http:\n  routers:\n    app: { entryPoints: [websecure], rule: "Host('app.example.com')", service: app, ${extra} }\n`,
    },
  });
}
