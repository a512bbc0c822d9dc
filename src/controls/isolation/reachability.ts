import type { Stack } from '../../catalog/stack.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control, ProbeContext, Reading } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { firstLine, probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-04';

export const reachability: Control = {
  id,
  title: 'Services reach only the services that they need',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'On one common network, whoever takes over the least important service talks to every other.',
  references: ['NIST SP 800-190 4.3.3', 'OWASP Docker Security Cheat Sheet rule 5', 'J-NET-04'],
  blindSpots: [
    'TCP ports that listen now are tried; UDP, and ports that open later, are not.',
    'Two services that need each other reach all ports of each other.',
  ],
  remedy: 'Give each pair of services that talk a network of its own.',
  static: (model) => {
    const alone = Object.keys(model.document.services).length === 1;
    return checkServices(model, id, ['networks', 'network_mode'], (service, _, known) => {
      const wanted = known?.networks;
      const seen = networkNames(service);
      if (wanted === undefined) {
        return {
          status: alone || !seen.includes('default') ? 'pass' : 'fail',
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
      const wanted = known.networks.map((network) => `${context.stack.project}_${network}`).sort();
      const seen = Object.keys(facts.networks).sort();
      return {
        status: wanted.join() === seen.join() ? 'pass' : 'fail',
        expected: wanted.join(', ') || 'none',
        seen: seen.join(', ') || 'none',
      };
    }),
  attack: async (context) => {
    const targets = await listeningPorts(context);
    const readings: Reading[] = [];
    for (const { name } of context.stack.services) {
      const facts = context.containers.get(name);
      if (!facts) continue;
      const base = { subject: name, read: 'TCP to every other service', from: facts.name };
      try {
        readings.push({ ...base, ...(await dialAll(context, name, targets)) });
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
    ],
    fail: [{ document: { services: { a: {}, b: {} } } }],
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

async function dialAll(
  context: ProbeContext,
  from: string,
  targets: readonly Target[],
): Promise<Pick<Reading, 'status' | 'expected' | 'seen'>> {
  const related = relatives(context.stack, from);
  const results = await context.attacker.dial(
    { service: from },
    targets.map(({ host, port }): DialTask => ({ kind: 'tcp', host, port, timeoutMs: 1000 })),
  );
  const reached = targets.filter((_, index) => {
    const result = results[index];
    return result?.kind === 'tcp' && result.outcome !== 'unreachable';
  });
  const names = [...new Set(reached.map((target) => target.service))].sort();
  const others = names.filter((name) => name !== from);
  const wrong = others.filter((name) => !related.has(name));
  const expected = `only ${[...related].sort().join(', ') || 'none'}`;
  if (wrong.length > 0) return { status: 'fail', expected, seen: `reached ${wrong.join(', ')}` };
  const listening = new Set(targets.map((target) => target.service));
  const silent = [...related].filter((name) => listening.has(name) && !others.includes(name));
  // Where even what must be reachable is not, the silence of the rest proves nothing.
  if (silent.length > 0) {
    return { status: 'unknown', expected, seen: `did not reach ${silent.join(', ')} either` };
  }
  const tried = `${targets.length} addresses`;
  return { status: 'pass', expected, seen: `${others.join(', ') || 'none'} of ${tried}` };
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
