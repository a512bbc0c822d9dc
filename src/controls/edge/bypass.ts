import { bindToLoopback } from '../compose/loopback-ports.ts';
import { isLoopbackAddress, type ServicePort } from '../compose/service-ports.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { guardOf, isRedirect, routerChains } from './router-chain.ts';

const id = 'J-EDG-10';
const expected = 'the routed port is reached through the edge only';
const protecting = /^(ratelimit|inflightreq|plugin)\./;
/** Ports of other protocols than HTTP, as IANA lists them: they are not what is routed. */
const otherProtocols = new Set(
  '21 22 25 53 110 143 465 587 853 993 995 1883 2222 3478 8883 22000'.split(' '),
);

export const bypass: Control = {
  id,
  title: 'A service behind a sign-in is not published beside it',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'A port on the host leads past the sign-in, rate limit and TLS of the edge, and past the firewall too: Docker opens it.',
  references: ['OWASP Docker Security Cheat Sheet rule 5a', 'NIST SP 800-190 4.4.2', 'J-NET-02'],
  blindSpots: [
    'A route without any protection has nothing to bypass: its port is the matter of J-NET-01.',
    'Without a label for the port, a service with several published ports is not judged.',
    'A firewall before the host is not seen. Routes of Caddy and nginx-proxy are not read.',
  ],
  remedy: 'Take ports: out, or bind it to 127.0.0.1.',
  static: (model) => {
    const results = new Map<ServiceView, StaticResult>();
    for (const chain of routerChains(model)) {
      const { view } = chain;
      if (!view || isRedirect(chain) || view.role === 'edge') continue;
      const guarded =
        guardOf(chain) === 'guarded' ||
        [...chain.options.keys()].some((option) => protecting.test(option));
      if (!guarded || results.get(view)?.status === 'fail') continue;
      const port = bypassing(view);
      results.set(view, {
        subject: view.name,
        status: port === undefined ? 'pass' : 'fail',
        expected,
        seen:
          port === undefined
            ? 'so'
            : `${port.target} is published on ${port.address || 'every address'}`,
        location: ['services', view.name, 'ports'],
      });
    }
    return [...results.values()];
  },
  fix: ({ subject }, model) => {
    const view = viewOf(model).byName.get(subject);
    const wrong = view && bypassing(view);
    return wrong === undefined
      ? null
      : bindToLoopback(model, subject, (port) => port.target === wrong.target);
  },
  examples: {
    pass: [
      exampleOf([]),
      exampleOf(['127.0.0.1:3000:3000']),
      exampleOf(['2222:22', '3001:9090'], { 'services.app.loadbalancer.server.port': '3000' }),
    ],
    fail: [
      exampleOf(['3000:3000']),
      exampleOf(['8080:3000', '2222:22'], { 'services.app.loadbalancer.server.port': '3000' }),
      exampleOf([{ target: 3000, published: '3000', host_ip: '192.0.2.1' }]),
    ],
  },
};

/** The port of the host that leads to what is routed. */
function bypassing(view: ServiceView): ServicePort | undefined {
  const open = view.ports.filter(
    ({ address, protocol }) => !isLoopbackAddress(address) && protocol === 'tcp',
  );
  const routed = [...view.labels]
    .filter(([label]) =>
      /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$/i.test(label),
    )
    .map(([, port]) => port);
  if (routed.length > 0) return open.find(({ target }) => routed.includes(target));
  const [only, other] = open.filter(({ target }) => !otherProtocols.has(target));
  return other === undefined ? only : undefined;
}

function exampleOf(
  ports: readonly (string | { target: number; published: string; host_ip: string })[],
  labels: Readonly<Record<string, string>> = {},
): StaticModel {
  const { document } = exampleEdge({
    labels: {
      'routers.app.rule': 'Host(`a.example.com`)',
      'routers.app.middlewares': 'authelia@file',
      ...labels,
    },
  });
  return {
    document: { services: { ...document.services, app: { ...document.services['app'], ports } } },
  };
}
