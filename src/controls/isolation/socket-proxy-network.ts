import { isLoopbackAddress } from '../compose/service-ports.ts';
import { viewOf, type ServiceView, type StackView } from '../compose/stack-view.ts';
import type { Program } from '../compose/roles.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { isSocketProxy } from './socket-proxy-options.ts';

const id = 'J-PRX-02';
const expected = 'not published, and only its clients on its network';
const mostNamed = 5;
/** Programs that may be told in a file of their own where the engine is. */
const toldInFile = new Set<Program>([
  'traefik',
  'caddy',
  'prometheus',
  'promtail',
  'crowdsec',
  'dozzle',
  'portainer',
  'watchtower',
]);
const toldInFilePath =
  /(^|\/)(homepage|dashy|glance|alloy|telegraf|vector|diun|netdata|beszel-agent|dockge|komodo-periphery|autoheal|ofelia|homarr|whats-up-docker|wud)$/;

export const socketProxyNetwork: Control = {
  id,
  title: 'A socket proxy is reached by its clients, and by nobody else',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'The proxy asks nobody who they are: each container on its network has all rights that one of them needs, and a published port gives them to everybody.',
  references: [
    'OWASP Docker Security Cheat Sheet rule 1',
    'https://github.com/Tecnativa/docker-socket-proxy#security-recommendations',
    'LOW-002',
  ],
  blindSpots: [
    'A client is known by the name of the proxy in its variables, arguments, labels or depends_on, or by a program that has a file for it.',
    'Who else is on a network that is made elsewhere (external) is not known.',
    "wollomatic's list of allowed clients counts: then the network is not judged.",
  ],
  remedy: 'Take ports: out, and give the proxy an internal network that only its client shares.',
  static: (model) => {
    const stack = viewOf(model);
    return stack.services
      .filter(isSocketProxy)
      .map((view): StaticResult => judge(model, stack, view));
  },
  examples: {
    pass: [
      stackOf({ networks: { socket: null } }, { networks: { socket: null, web: null } }),
      stackOf(
        { networks: { socket: null }, ports: ['127.0.0.1:2375:2375'] },
        { networks: { socket: null } },
      ),
    ],
    fail: [
      stackOf({ networks: { socket: null }, ports: ['2375:2375'] }, { networks: { socket: null } }),
      stackOf({}, {}),
      stackOf({ networks: { web: null } }, { networks: { web: null } }),
    ],
  },
};

function judge(model: StaticModel, stack: StackView, view: ServiceView): StaticResult {
  const base = { subject: view.name, expected };
  const port = view.ports.find(({ address }) => !isLoopbackAddress(address));
  if (port || view.service.network_mode === 'host') {
    return {
      ...base,
      status: 'fail',
      seen: port ? `published on ${port.address || 'every address'}` : 'on the network of the host',
      location: ['services', view.name, port ? 'ports' : 'network_mode'],
    };
  }
  const location = ['services', view.name, 'networks'];
  const allows = view.command.some(
    (word) => /^-{1,2}allowfrom=/.test(word) && !/0\.0\.0\.0\/0/.test(word),
  );
  const strangers = new Set<string>();
  if (!allows) {
    const names = namesOf(view);
    for (const network of view.networks) {
      for (const other of stack.members.get(network) ?? []) {
        if (strangers.size === mostNamed) break;
        if (other !== view && !isClient(other, view, names)) strangers.add(other.name);
      }
    }
  }
  if (strangers.size > 0) {
    const seen = `${[...strangers].join(', ')} on its network`;
    return { ...base, status: 'fail', seen, location };
  }
  const outside = view.networks.find((name) => model.document.networks?.[name]?.external);
  return outside === undefined || allows
    ? { ...base, status: 'pass', seen: 'so', location }
    : { ...base, status: 'unknown', seen: `${outside} is made elsewhere`, location };
}

function namesOf(view: ServiceView): string[] {
  const { container_name: container, hostname } = view.service;
  return [view.name, container, hostname].filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
}

function isClient(other: ServiceView, proxy: ServiceView, names: readonly string[]): boolean {
  if (isSocketProxy(other)) return true;
  if (other.program !== undefined && toldInFile.has(other.program)) return true;
  if (toldInFilePath.test(other.image.path.toLowerCase())) return true;
  if (Object.hasOwn(other.service.depends_on ?? {}, proxy.name)) return true;
  if (other.service['links'] !== undefined) return true;
  const texts = [
    ...other.environment.values(),
    ...other.command,
    ...other.entrypoint,
    ...other.labels.values(),
  ];
  return texts.some((text) => names.some((name) => text.includes(name)));
}

/** A proxy, a client that knows it, and an application on the network `web`. */
function stackOf(proxy: object, client: object): StaticModel {
  return {
    document: {
      services: {
        proxy: { image: 'tecnativa/docker-socket-proxy:0.3', ...proxy },
        edge: {
          image: 'traefik:v3',
          command: ['--providers.docker.endpoint=tcp://proxy:2375'],
          ...client,
        },
        app: {
          image: 'ghost:5',
          ...('networks' in proxy ? { networks: { web: null } } : {}),
        },
      },
    },
  };
}
