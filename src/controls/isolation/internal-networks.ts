import { engineName } from '../../catalog/engine-name.ts';
import type { ComposeNetwork } from '../../harden/compose-model.ts';
import type { Role } from '../compose/roles.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, Reading, StaticModel, StaticResult } from '../control.ts';
import { firstAddress } from '../reading/subnet.ts';
import { firstLine } from '../reading/probe-containers.ts';

const id = 'J-NET-06';
const stores: readonly (Role | undefined)[] = ['database', 'cache', 'search', 'queue'];
/** A port that nobody expects an answer from: what counts is whether there is a way at all. */
const anyPort = 9;

export const internalNetworks: Control = {
  id,
  title: 'Inner networks lead nowhere else',
  severity: 'medium',
  domain: 'isolation',
  subject: 'network',
  why: 'Without a way out, an intruder cannot load tools, send data away, or reach the host.',
  references: ['NIST SP 800-190 4.4.2', 'OWASP Docker Security Cheat Sheet rule 5'],
  blindSpots: [
    'In a Compose file that is not of Jacker, the networks of data stores are meant, which are known by the names of common images.',
    "Names are resolved by the engine, whose resolver may ask the host's: data can still leave slowly in names.",
    'The edge network has an address on the host; what listens there is not judged.',
  ],
  remedy: 'Set internal: true on every network whose services need no internet.',
  static: (model) => {
    const { document, project } = model;
    const { members } = viewOf(model);
    const names = new Set([...Object.keys(document.networks ?? {}), ...members.keys()]);
    const expected = 'internal: true';
    return [...names].map((name): StaticResult => {
      const declared = ownEntry(document.networks, name);
      const seen = declared?.internal === true ? 'internal: true' : 'not internal';
      const base = { subject: name, expected, seen, location: ['networks', name, 'internal'] };
      if (declared?.internal === true) return { ...base, status: 'pass' };
      if (project) {
        const known = project.stack.networks.find((network) => network.name === name);
        return known && known.purpose !== 'relation'
          ? { ...base, status: 'not-applicable', expected: `${known.purpose}: may lead out` }
          : { ...base, status: 'fail' };
      }
      const store = members.get(name)?.find(({ role }) => stores.includes(role));
      if (!store) return { ...base, status: 'not-applicable', seen: 'no data store is in it' };
      // Such a network is made elsewhere, and so is its way out.
      if (declared?.external === true) return { ...base, status: 'unknown', seen: 'external' };
      const location =
        declared === undefined ? ['services', store.name, 'networks'] : base.location;
      return { ...base, status: 'fail', location, seen: `${store.name} has a way out` };
    });
  },
  probe: async (context) => {
    const networks = await context.engine.listNetworks({ project: context.stack.project });
    return context.stack.networks.map((network): Reading => {
      const name = engineName(context.stack, network.name);
      const facts = networks.find((candidate) => candidate.name === name);
      const base = { subject: network.name, read: 'docker network inspect', from: name };
      if (!facts) {
        return { ...base, status: 'unknown', expected: 'the network', seen: 'there is none' };
      }
      const masquerade =
        facts.options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false';
      if (network.purpose === 'relation') {
        return {
          ...base,
          status: facts.internal ? 'pass' : 'fail',
          expected: 'internal',
          seen: facts.internal ? 'internal' : 'not internal',
        };
      }
      return {
        ...base,
        status: network.egress || !masquerade ? 'pass' : 'fail',
        expected: network.egress ? 'may lead to the internet' : 'no answer from the internet',
        seen: masquerade ? 'masquerades' : 'does not masquerade',
      };
    });
  },
  attack: async (context) => {
    const readings: Reading[] = [];
    const networks = await context.engine.listNetworks({ project: context.stack.project });
    for (const service of context.stack.services) {
      const facts = context.containers.get(service.name);
      const base = { subject: service.name, from: facts?.name ?? service.name };
      const egress = context.stack.networks.some(
        (network) => network.egress && network.members.includes(service.name),
      );
      const inner = context.stack.networks.every(
        (network) => network.purpose === 'relation' || !network.members.includes(service.name),
      );
      const targets = [
        ...(context.internetTarget
          ? [{ ...context.internetTarget, read: 'a connection to the internet', declared: egress }]
          : []),
        ...(inner
          ? networks
              .filter((network) => facts !== undefined && network.name in facts.networks)
              .flatMap((network) => network.subnets.flatMap((subnet) => firstAddress(subnet) ?? []))
              .map((host) => ({
                host,
                port: anyPort,
                read: 'a connection to the host',
                declared: false,
              }))
          : []),
      ];
      if (!facts || targets.length === 0) continue;
      try {
        const results = await context.attacker.dial(
          { service: service.name },
          targets.map(({ host, port }) => ({ kind: 'tcp', host, port, timeoutMs: 1500 })),
        );
        for (const [index, target] of targets.entries()) {
          const result = results[index];
          const outcome = result?.kind === 'tcp' ? result.outcome : 'untried';
          readings.push({
            ...base,
            read: `${target.read} (${target.host}:${target.port})`,
            ...judgeWay(outcome, target.declared),
            seen: outcome,
          });
        }
      } catch (error) {
        context.signal.throwIfAborted();
        readings.push({
          ...base,
          read: 'connections to the outside',
          status: 'unknown',
          expected: 'unreachable',
          seen: firstLine(error),
        });
      }
    }
    return readings;
  },
  examples: {
    pass: [
      exampleOf({ internal: true }),
      { document: { services: {}, networks: { front: null, back: { internal: true } } } },
    ],
    fail: [
      exampleOf(null),
      exampleOf({ internal: false }),
      { document: { services: { db: { image: 'postgres:17' } } } },
    ],
  },
};

/**
 * A refusal is an answer too: whoever sent it can be reached. Where even a service that declares
 * its need gets no answer, nobody is there to answer, and the silence of the others proves nothing.
 */
function judgeWay(outcome: string, declared: boolean): Pick<Reading, 'status' | 'expected'> {
  if (declared) {
    return {
      status: outcome === 'connected' ? 'pass' : 'unknown',
      expected: 'connected: its manifest declares the need',
    };
  }
  return {
    status: outcome === 'unreachable' ? 'pass' : outcome === 'untried' ? 'unknown' : 'fail',
    expected: 'unreachable',
  };
}

function ownEntry<Value>(
  entries: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return entries && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function exampleOf(back: ComposeNetwork | null): StaticModel {
  const db = { image: 'postgres:17', networks: ['back'] };
  return { document: { services: { db }, networks: { back } } };
}
