import { engineName } from '../../catalog/engine-name.ts';
import { edgeService } from '../../catalog/resolve-stack.ts';
import type { Stack, StackService } from '../../catalog/stack.ts';
import type { ContainerFacts } from '../../docker/facts.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { checkServices } from '../compose/service-check.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, ProbeContext, Reading } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { firstLine, probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-04';

export const reachability: Control = {
  id,
  title: 'Services reach only those that they need, and those that need them',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'On one common network, whoever takes over the least important service talks to every other.',
  references: ['NIST SP 800-190 4.3.3', 'OWASP Docker Security Cheat Sheet rule 5', 'J-NET-04'],
  blindSpots: [
    'In a Compose file that is not of Jacker, only the network that Compose makes unasked is judged, from three services on it: who needs whom on a chosen one is not known.',
    'TCP ports that listen now are tried; UDP, and ports that open later, are not.',
    'A network has no direction: a service also reaches back to those that need it, at every port that listens there (Redis to Traefik, for example). The attack names these ways apart.',
    "From a service with a way out of the host, addresses on networks where the host has none are not tried: the packets would leave the host, and a stranger's answer would say nothing.",
  ],
  remedy: 'Give each pair of services that talk a network of its own.',
  static: (model) => {
    // One service, or two that are there for each other, have nobody to be kept apart from.
    const few = (viewOf(model).members.get('default') ?? []).length <= 2;
    return checkServices(model, id, ['networks', 'network_mode'], (service, _, known) => {
      const wanted = known?.networks;
      const seen = networkNames(service);
      if (wanted === undefined) {
        return {
          status: few || !seen.includes('default') ? 'pass' : 'fail',
          expected: 'networks of its own choice',
          seen: seen.join(', ') || 'none',
        };
      }
      const same = [...wanted].sort().join() === [...seen].sort().join();
      return {
        status: same ? 'pass' : 'fail',
        expected: wanted.join(', ') || 'none',
        seen: seen.join(', ') || 'none',
      };
    });
  },
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Networks', ({ facts, known }) => {
      const wanted = known.networks.map((network) => engineName(context.stack, network)).sort();
      // A container without a network is listed under the engine's network of that name.
      const seen = Object.keys(facts.networks)
        .filter((network) => network !== 'none')
        .sort();
      return {
        status: wanted.join() === seen.join() ? 'pass' : 'fail',
        expected: wanted.join(', ') || 'none',
        seen: seen.join(', ') || 'none',
      };
    }),
  attack: async (context) => {
    const targets = await listeningPorts(context);
    const readings: Reading[] = [];
    for (const known of context.stack.services) {
      const facts = context.containers.get(known.name);
      if (!facts) continue;
      const base = { subject: known.name, read: 'TCP to every other service', from: facts.name };
      try {
        const near = await withinHost(context, facts, targets);
        readings.push({ ...base, ...(await dialAll(context, known, near)) });
      } catch (error) {
        context.signal.throwIfAborted();
        const expected = 'only related services';
        readings.push({ ...base, status: 'unknown', expected, seen: firstLine(error) });
      }
    }
    return readings;
  },
  examples: {
    pass: [
      {
        document: {
          services: { a: { networks: ['a--b'] }, b: { networks: { 'a--b': null } } },
        },
      },
      { document: { services: { a: { network_mode: 'none' }, b: { network_mode: 'none' } } } },
      { document: { services: { app: {}, db: {} } } },
    ],
    fail: [
      { document: { services: { a: {}, b: {}, c: {} } } },
      { document: { services: { a: {}, b: { networks: ['default', 'b'] }, c: {}, d: {} } } },
    ],
  },
};

interface Target {
  service: string;
  /** Network of the engine, or null where the target is a name. */
  network: string | null;
  host: string;
  port: number;
}

/** Every address and name of every service, with the ports on which it listens now. */
async function listeningPorts(context: ProbeContext): Promise<Target[]> {
  const found: Target[] = [];
  for (const [service, facts] of context.containers) {
    const { listeners } = await context.snapshot(service);
    const ports = new Set(
      listeners.filter((listener) => !listener.loopback).map((listener) => listener.port),
    );
    for (const port of ports) {
      found.push({ service, network: null, host: service, port });
      for (const [network, { ipAddress }] of Object.entries(facts.networks)) {
        if (ipAddress !== '') found.push({ service, network, host: ipAddress, port });
      }
    }
  }
  return found;
}

/**
 * The targets to which packets do not leave the host. A network of a relation has no address on the
 * host, so the host knows no way into it: from a container with a way out, what is sent there goes
 * on to the next router, and whoever answers is a stranger.
 */
async function withinHost(
  context: ProbeContext,
  facts: ContainerFacts,
  targets: readonly Target[],
): Promise<Target[]> {
  const networks = await context.engine.listNetworks({ project: context.stack.project });
  const closed = new Set(
    networks
      .filter(({ options }) => options['com.docker.network.bridge.inhibit_ipv4'] === 'true')
      .map(({ name }) => name),
  );
  const leadsOut = networks.some(({ name, internal }) => !internal && name in facts.networks);
  if (!leadsOut) return [...targets];
  const shares = (service: string): boolean =>
    Object.keys(context.containers.get(service)?.networks ?? {}).some(
      (name) => name in facts.networks,
    );
  return targets.filter(({ network, service }) =>
    // The engine asks the host's resolver for names that it does not know on the container's networks.
    network === null ? shares(service) : network in facts.networks || !closed.has(network),
  );
}

async function dialAll(
  context: ProbeContext,
  from: StackService,
  targets: readonly Target[],
): Promise<Pick<Reading, 'status' | 'expected' | 'seen'>> {
  const related = relatives(context.stack, from.name);
  const needed = needsOf(context.stack, from);
  const results = await context.attacker.dial(
    { service: from.name },
    targets.map(({ host, port }): DialTask => ({ kind: 'tcp', host, port, timeoutMs: 1000 })),
  );
  const reached = targets.filter(({ service }, index) => {
    const result = results[index];
    return service !== from.name && result?.kind === 'tcp' && result.outcome !== 'unreachable';
  });
  const places = (belongs: (service: string) => boolean): string =>
    [
      ...new Set(
        reached.filter(({ service }) => belongs(service)).map((to) => `${to.service}:${to.port}`),
      ),
    ]
      .sort()
      .join(', ') || 'none';
  const names = (list: readonly string[]): string => list.toSorted().join(', ') || 'none';
  const back = [...related].filter((name) => !needed.has(name));
  const expected = `needs ${names([...needed])}; needed by ${names(back)}`;
  const wrong = places((name) => !related.has(name));
  if (wrong !== 'none') return { status: 'fail', expected, seen: `reached ${wrong}` };
  const listening = new Set(targets.map((target) => target.service));
  const silent = [...related].filter(
    (name) => listening.has(name) && !reached.some(({ service }) => service === name),
  );
  // Where even what must be reachable is not, the silence of the rest proves nothing.
  if (silent.length > 0) {
    return { status: 'unknown', expected, seen: `did not reach ${names(silent)} either` };
  }
  return {
    status: 'pass',
    expected,
    seen: `reached ${places((name) => needed.has(name))}; back to ${places((name) => back.includes(name))}; of ${targets.length} addresses`,
  };
}

/** The services that one must reach to do its work: the direction that manifests declare. */
function needsOf(stack: Stack, service: StackService): ReadonlySet<string> {
  const answering = service.name === edgeService ? stack.routes.map((route) => route.service) : [];
  return new Set([...service.dependsOn, ...answering].filter((name) => name !== service.name));
}

/** The services that share a relation with one. The edge network keeps its members apart. */
function relatives(stack: Stack, service: string): ReadonlySet<string> {
  return new Set(
    stack.networks
      .filter((network) => network.purpose === 'relation' && network.members.includes(service))
      .flatMap((network) => network.members)
      .filter((name) => name !== service),
  );
}

/** A service without networks is on the project's default network. */
function networkNames(service: ComposeService): string[] {
  const { networks } = service;
  if (service.network_mode !== undefined) return [];
  if (networks === undefined) return ['default'];
  return Array.isArray(networks) ? [...(networks as string[])] : Object.keys(networks);
}
