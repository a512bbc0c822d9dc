import type { StackNetwork } from '../../catalog/stack.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import { firstAddress } from '../reading/subnet.ts';
import { firstLine } from '../reading/probe-containers.ts';

const id = 'J-NET-06';
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
    "Names are resolved by the engine, whose resolver may ask the host's: data can still leave slowly in names.",
    'The edge network has an address on the host; what listens there is not judged.',
  ],
  remedy: 'Set internal: true on every network whose services need no internet.',
  static: ({ document, project }) => {
    const names = new Set(Object.keys(document.networks ?? {}));
    return [...names].map((name): StaticResult => {
      const known = project?.stack.networks.find((network) => network.name === name);
      const internal = document.networks?.[name]?.internal === true;
      const expected = 'internal: true';
      const seen = internal ? 'internal: true' : 'not internal';
      const base = { subject: name, expected, seen, location: ['networks', name, 'internal'] };
      if (internal) return { ...base, status: 'pass' };
      if (known && known.purpose !== 'relation') {
        return { ...base, status: 'not-applicable', expected: `${known.purpose}: may lead out` };
      }
      return { ...base, status: 'fail' };
    });
  },
  probe: async (context) => {
    const networks = await context.engine.listNetworks({ project: context.stack.project });
    return context.stack.networks.map((network): Reading => {
      const name = engineName(context, network);
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
    pass: [{ document: { services: {}, networks: { back: { internal: true } } } }],
    fail: [
      { document: { services: {}, networks: { back: null } } },
      { document: { services: {}, networks: { back: { internal: false } } } },
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

function engineName(context: ProbeContext, network: StackNetwork): string {
  return `${context.stack.project}_${network.name}`;
}
