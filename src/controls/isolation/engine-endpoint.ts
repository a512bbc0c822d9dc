import type { Outcome } from '../compose/service-check.ts';
import type { ServiceView, StackView } from '../compose/stack-view.ts';
import { traefikStatic } from '../compose/traefik-config.ts';
import { checkViews, isOnlyVariable } from '../compose/view-check.ts';
import type { Control, StaticModel } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SOCK-02';
const expected = "TLS, or a private network of the engine's proxy";
/** Variables in which programs take the engine's address. */
const variables = ['DOCKER_HOST', 'DOZZLE_REMOTE_HOST', 'CONTAINER_HOST'] as const;
/** https://doc.traefik.io/traefik/providers/docker/#endpoint */
const traefikOptions = ['providers.docker', 'providers.swarm'] as const;
const plain = /^(?:tcp|http):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#,|]+)/i;

export const engineEndpoint: Control = {
  id,
  title: 'The engine is not spoken to in plain text outside of a private network',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Plain TCP has no password: whoever is on the way, or on the same network, gives the engine orders too, and with it is root on the host.',
  references: [
    'CIS Docker Benchmark 2.7',
    'OWASP Docker Security Cheat Sheet rule 1',
    'Docker: protect the daemon socket, https://docs.docker.com/engine/security/protect-access/',
  ],
  blindSpots: [
    'An address in a configuration file that the service mounts is not read.',
    'What the proxy lets through, and who else is on its network, is the matter of the controls of proxies.',
  ],
  remedy:
    'Put a socket proxy into the stack, on an internal network with its one client; a remote engine is reached by ssh:// or TLS.',
  static: (model) => {
    const hosts = hostNames(model);
    return checkViews(
      model,
      id,
      ['environment', 'command'],
      (view, stack) => {
        const found = endpointsOf(view).map((endpoint) =>
          judge(view, endpoint, stack, hosts, model),
        );
        return (
          found.find((one) => one.status === 'fail') ??
          found.find((one) => one.status === 'unknown') ??
          found[0] ?? { status: 'not-applicable', expected, seen: 'no TCP address of an engine' }
        );
      },
      [],
    );
  },
  probe: async (context) => {
    const networks = await context.engine.listNetworks({ project: context.stack.project });
    const internal = new Set(networks.filter((one) => one.internal).map((one) => one.name));
    return probeContainers(context, id, 'docker inspect Config.Env, Networks', ({ facts }) => {
      const environment = new Map(
        facts.config.env.map((line) => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)] as const;
        }),
      );
      const host = plain.exec(environment.get('DOCKER_HOST') ?? '')?.[1];
      if (host === undefined || (environment.get('DOCKER_TLS_VERIFY') ?? '') !== '') {
        return { status: 'not-applicable', expected, seen: 'no plain TCP in DOCKER_HOST' };
      }
      const other = context.containers.get(host);
      const common = Object.keys(facts.networks).filter((name) => name in (other?.networks ?? {}));
      const holds = common.length > 0 && common.every((name) => internal.has(name));
      return {
        status: holds ? 'pass' : 'fail',
        expected,
        seen: `${host} by ${common.join(', ') || 'no network of this project'}`,
      };
    });
  },
  examples: {
    pass: [
      withProxy({ networks: { socket: { internal: true } } }),
      withProxy({ networks: { socket: null } }),
      {
        document: {
          services: {
            app: {
              environment: {
                DOCKER_HOST: 'tcp://build.example.com:2376',
                DOCKER_TLS_VERIFY: '1',
              },
            },
          },
        },
      },
    ],
    fail: [
      {
        document: { services: { app: { environment: { DOCKER_HOST: 'tcp://172.17.0.1:2375' } } } },
      },
      {
        document: {
          services: {
            traefik: {
              image: 'traefik:v3.5',
              command: ['--providers.docker.endpoint=tcp://host.docker.internal:2375'],
            },
          },
        },
      },
      {
        document: {
          services: {
            runner: { environment: { DOCKER_HOST: 'tcp://dind:2375' } },
            dind: { image: 'docker:28-dind', privileged: true },
            web: { image: 'example/web:1', ports: ['443:8443'] },
          },
        },
      },
    ],
  },
};

interface Endpoint {
  location: readonly string[];
  name: string;
  host: string;
  /** With TLS, whichever network it crosses. */
  secured: boolean;
}

function endpointsOf(view: ServiceView): Endpoint[] {
  const found: Endpoint[] = [];
  const { environment } = view;
  const verified = (environment.get('DOCKER_TLS_VERIFY') ?? '') !== '';
  for (const name of variables) {
    const value = environment.get(name)?.trim() ?? '';
    const host = isOnlyVariable(value) ? value : plain.exec(value)?.[1];
    if (host === undefined) continue;
    const location = ['services', view.name, 'environment', name];
    found.push({ name, host, secured: verified, location });
  }
  if (view.program !== 'traefik') return found;
  const options = traefikStatic(view);
  for (const provider of traefikOptions) {
    const host = plain.exec(options.get(`${provider}.endpoint`) ?? '')?.[1];
    const secured = ['tls', 'tls.ca', 'tls.cert'].some((key) => options.has(`${provider}.${key}`));
    if (host === undefined) continue;
    const location = ['services', view.name, 'command'];
    found.push({ name: provider, host, secured, location });
  }
  return found;
}

function judge(
  view: ServiceView,
  { name, host, secured, location }: Endpoint,
  stack: StackView,
  hosts: ReadonlyMap<string, string>,
  model: StaticModel,
): Outcome {
  if (secured) return { status: 'pass', expected, seen: `${name}: TLS to ${host}`, location };
  if (host.includes('$')) {
    return { status: 'unknown', expected, seen: `a variable in ${name}`, location };
  }
  const seen = `${name}: plain TCP to ${host}`;
  const fixed: unknown = view.service.extra_hosts?.[host];
  const other =
    fixed === undefined
      ? (stack.byName.get(host) ?? stack.byName.get(hosts.get(host) ?? ''))
      : undefined;
  if (other) {
    const common = view.networks.filter((network) => other.networks.includes(network));
    const local = other === view || sharesNetworkWith(view, other);
    const open = common.filter((network) => !isPrivate(network, other, stack, model));
    if (local || (common.length > 0 && open.length === 0)) {
      return { status: 'pass', expected, seen: `${seen}, on a private network`, location };
    }
    if (other.role === 'socket-proxy' && common.length > 0) {
      const why = 'a proxy on a network with others: the controls of proxies judge it';
      return { status: 'not-applicable', expected, seen: `${seen}: ${why}`, location };
    }
    return { status: 'fail', expected, seen: `${seen}, with others on its network`, location };
  }
  // A bare name that is not of this file can only be of a network that another project made.
  const foreign = view.networks.some((network) => isExternal(model, network));
  if (fixed === undefined && !/[.:]/.test(host) && host !== 'localhost' && foreign) {
    return { status: 'unknown', expected, seen: `${seen}, of another project`, location };
  }
  return { status: 'fail', expected, seen, location };
}

/** Internal, or without any member but the proxy and those that speak to an engine. */
function isPrivate(
  network: string,
  target: ServiceView,
  stack: StackView,
  model: StaticModel,
): boolean {
  if (model.document.networks?.[network]?.internal === true) return true;
  if (isExternal(model, network) || target.ports.length > 0) return false;
  const members = stack.members.get(network) ?? [];
  // More than a few members are no private network; this also keeps the work bounded.
  return (
    members.length <= 16 &&
    members.every((member) => member === target || endpointsOf(member).length > 0)
  );
}

function isExternal(model: StaticModel, network: string): boolean {
  return Boolean(model.document.networks?.[network]?.external);
}

function sharesNetworkWith(view: ServiceView, other: ServiceView): boolean {
  return (
    view.service.network_mode === `service:${other.name}` ||
    other.service.network_mode === `service:${view.name}`
  );
}

/** Services by their other names and fixed addresses in a network. */
function hostNames(model: StaticModel): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, service] of Object.entries(model.document.services)) {
    for (const key of ['container_name', 'hostname'] as const) {
      const other = service[key];
      if (typeof other === 'string') found.set(other, name);
    }
    const { networks } = service;
    if (typeof networks !== 'object' || Array.isArray(networks)) continue;
    for (const network of Object.values(networks) as unknown[]) {
      const { aliases, ipv4_address: address } = (network ?? {}) as {
        aliases?: unknown;
        ipv4_address?: unknown;
      };
      for (const alias of Array.isArray(aliases) ? (aliases as unknown[]) : []) {
        if (typeof alias === 'string') found.set(alias, name);
      }
      if (typeof address === 'string') found.set(address, name);
    }
  }
  return found;
}

function withProxy(part: Pick<StaticModel['document'], 'networks'>): StaticModel {
  return {
    document: {
      services: {
        traefik: {
          image: 'traefik:v3.5',
          command: ['--providers.docker.endpoint=tcp://proxy:2375'],
          networks: ['socket', 'web'],
        },
        proxy: { image: 'tecnativa/docker-socket-proxy:0.3', networks: ['socket'] },
        app: { image: 'example/app:1', networks: ['web'] },
      },
      ...part,
    },
  };
}
