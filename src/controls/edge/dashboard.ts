import { edgeService } from '../../catalog/resolve-stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { isRefusal } from '../position/session.ts';
import { readEdgeView } from '../position/traefik-api.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { askFromInside } from './dashboard-inside.ts';
import { edgeFiles, edgeRouters, edgeStatic } from './edge-files.ts';
import { rateLimited, tooMany } from './rate-limited.ts';

const id = 'CRIT-002';
const api = 'api@internal';
/** Middlewares that ask who somebody is. */
const gates = ['gate', 'probe-users'];
const paths = ['/', '/dashboard/', '/api/rawdata', '/api/http/routers'];
export const dashboard: Control = {
  id,
  title: "Traefik's dashboard and API ask for a session",
  severity: 'critical',
  domain: 'edge',
  subject: 'router',
  why: 'It shows every route and middleware, and so every way in; an open API is also reached by any container.',
  references: ['J-EDG-06', 'J-EDG-01'],
  blindSpots: ['Whoever may sign in sees it: there is no separate right for administrators.'],
  remedy: 'Keep api.insecure off and the gate in the chain of every router to api@internal.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === edgeService)) return [];
    const config = edgeStatic(project);
    const routers = edgeRouters(project);
    const results: StaticResult[] = [
      {
        subject: edgeService,
        file: edgeFiles.static,
        location: ['api', 'insecure'],
        expected: 'false',
        status: config === null ? 'unknown' : config.api?.insecure === true ? 'fail' : 'pass',
        seen: config === null ? 'the file is missing' : String(config.api?.insecure ?? false),
      },
    ];
    for (const [name, router] of Object.entries(routers ?? {})) {
      if (router.service !== api) continue;
      const gate = router.middlewares.find((middleware) => gates.includes(middleware));
      results.push({
        subject: name,
        file: edgeFiles.routers,
        location: ['http', 'routers', name, 'middlewares'],
        expected: 'the gate in its chain',
        status: gate === undefined ? 'fail' : 'pass',
        seen: gate ?? 'none',
      });
    }
    return results;
  },
  probe: async (context) => {
    const { routers } = await readEdgeView(context);
    return Object.entries(routers)
      .filter(([, router]) => router.service === api)
      .map(([name, router]): Reading => {
        const gate = router.middlewares.find((full) => gates.includes(full.split('@')[0] ?? ''));
        const on = router.status === 'enabled';
        return {
          subject: name,
          read: 'Traefik API: routers to api@internal',
          from: context.containers.get(edgeService)?.name ?? edgeService,
          expected: 'enabled, with a gate',
          status: gate !== undefined && on ? 'pass' : 'fail',
          seen: `${router.status}, ${gate ?? 'no gate'}`,
        };
      });
  },
  attack: async (context) => {
    const readings: Reading[] = [];
    for (const route of context.stack.routes.filter((known) => known.traefikService === api)) {
      for (const path of paths) {
        const base = {
          subject: `${route.service}-${route.name}`,
          read: `GET ${path} without a session`,
          from: context.edge.address,
          expected: '401 or the way to the sign-in page',
        };
        try {
          const answer = await context.edge.request({ host: route.hostName, path });
          // Any other answer, a 404 among them, comes from behind the gate.
          readings.push(
            answer.status === tooMany
              ? { ...base, status: 'unknown', seen: rateLimited }
              : {
                  ...base,
                  status: isRefusal(context, answer) ? 'pass' : 'fail',
                  seen: String(answer.status),
                },
          );
        } catch (error) {
          context.signal.throwIfAborted();
          readings.push({ ...base, status: 'unknown', seen: firstLine(error) });
        }
      }
    }
    const route = context.stack.routes.find((known) => known.traefikService === api);
    if (!context.containers.has(edgeService)) return readings;
    const inside = await askFromInside(context, route?.hostName ?? context.stack.domain);
    return [...readings, ...inside];
  },
  examples: {
    pass: [exampleOf(false, ['gate'])],
    fail: [exampleOf(true, ['gate']), exampleOf(false, ['compress'])],
  },
};

function exampleOf(insecure: boolean, middlewares: readonly string[]) {
  return exampleProject({
    stack: { services: [{ name: edgeService } as never] },
    files: {
      [edgeFiles.static]: `api: { insecure: ${String(insecure)} }\n`,
      [edgeFiles.routers]: `http:\n  routers:\n    dashboard: { rule: x, service: ${api}, middlewares: [${middlewares.join(', ')}] }\n`,
    },
  });
}
