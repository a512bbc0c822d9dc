import type { Control, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions, isOn, optionResult } from './edge-options.ts';
import { guardOf, judgeRouters } from './router-chain.ts';

const id = 'J-EDG-06';

export const openDashboard: Control = {
  id,
  title: "Traefik's dashboard and API are off, or ask who somebody is, in any stack",
  severity: 'critical',
  domain: 'edge',
  subject: 'router',
  grant: true,
  why: 'The API shows every route, service and middleware. With api.insecure each container on the network of the edge reads it, and with the port published everybody does.',
  references: ['CRIT-002', 'https://doc.traefik.io/traefik/operations/api/#security'],
  blindSpots: [
    'A static configuration in a file, and routers in a file, are not read.',
    'A middleware that is defined in a file is judged by its name alone. A list of addresses counts as a guard.',
    'Dashboards of Caddy and nginx-proxy-manager are not known.',
  ],
  remedy:
    'Take --api.insecure out, and give the router to api@internal a forwardAuth or basicAuth middleware.',
  static: (model) => {
    if (model.project) return [];
    const insecure = edgeOptions(model)
      .filter(({ isVisible }) => isVisible)
      .map((edge): StaticResult => {
        const value = edge.options.get('api.insecure');
        return optionResult(edge, 'api.insecure', {
          status: isOn(value) ? 'fail' : 'pass',
          expected: 'api.insecure is off',
          seen: value === undefined ? 'off' : `api.insecure=${value}`,
        });
      });
    const routers = judgeRouters(model, 'a sign-in in its chain', (chain) => {
      if (!/^(api|dashboard)@internal$/i.test(chain.target ?? '')) return null;
      const guard = guardOf(chain);
      return {
        status: guard === 'guarded' ? 'pass' : guard === 'open' ? 'fail' : 'unknown',
        seen: chain.middlewares.slice(0, 8).join(', ') || 'no middleware',
      };
    });
    return [...insecure, ...routers];
  },
  examples: {
    pass: [
      exampleEdge({ command: ['--api.dashboard=true'] }),
      exampleEdge({
        command: ['--api=true', '--api.insecure=false'],
        labels: {
          'routers.d.rule': 'Host(`traefik.example.com`)',
          'routers.d.service': 'api@internal',
          'routers.d.middlewares': 'auth',
          'middlewares.auth.basicauth.users': 'ada:x',
        },
      }),
    ],
    fail: [
      exampleEdge({ command: ['--api.insecure=true'] }),
      exampleEdge({ command: ['--api.insecure'] }),
      exampleEdge({ edge: { image: 'traefik:v3', environment: { TRAEFIK_API_INSECURE: 'true' } } }),
      exampleEdge({
        labels: {
          'routers.d.rule': 'Host(`traefik.example.com`)',
          'routers.d.service': 'api@internal',
        },
      }),
    ],
  },
};
