import { edgeService } from '../../catalog/resolve-stack.ts';
import type { Stack } from '../../catalog/stack.ts';
import type { ComposeDocument, ComposeService } from '../../harden/compose-model.ts';
import { portsOf } from '../compose/service-ports.ts';
import type { Control, Reading, StaticResult } from '../control.ts';

const id = 'J-NET-05';
const dataImage = /(^|\/)(postgres|mysql|mariadb|mongo|redis|valkey|memcached|elasticsearch)[^/]*$/;
const edgePorts = ['80', '443'];
const expected = 'none, but for a relation of the two alone that a manifest declares';

export const dataNetwork: Control = {
  id,
  title: 'Data stores share no network with the edge router',
  severity: 'high',
  domain: 'data',
  subject: 'service',
  why: 'The edge router is what an intruder meets first; from there the databases must not be one hop away.',
  references: ['NIST SP 800-190 4.3.3', 'OWASP Docker Security Cheat Sheet rule 5'],
  blindSpots: [
    'In a Compose file that is not of Jacker, data stores are known by the names of common images.',
  ],
  remedy: 'Give the database a network that only its applications share.',
  static: ({ document, project }) => {
    const edges = Object.keys(document.services).filter((name) =>
      project
        ? name === edgeService
        : portsOf(document.services[name] ?? {}).some((port) => edgePorts.includes(port.published)),
    );
    return Object.entries(document.services)
      .filter(([, service]) => isData(service))
      .map(([name, service]): StaticResult => {
        const shared = networkNames(service).filter((network) =>
          edges.some(
            (edge) =>
              edge !== name && networkNames(document.services[edge] ?? {}).includes(network),
          ),
        );
        return {
          subject: name,
          ...judge(shared, name, project?.stack, document),
          location: ['services', name, 'networks'],
        };
      });
  },
  probe: async (context) => {
    const edge = context.containers.get(edgeService);
    const prefix = `${context.stack.project}_`;
    return context.stack.services
      .filter((service) => isData(service.definition.fragment))
      .map(({ name }): Reading => {
        const facts = context.containers.get(name);
        const base = { subject: name, read: 'docker inspect Networks', from: facts?.name ?? name };
        if (!facts || !edge) {
          return { ...base, status: 'unknown', expected, seen: 'it or the edge does not run' };
        }
        const shared = Object.keys(facts.networks)
          .filter((network) => network in edge.networks)
          .map((network) => network.replace(prefix, ''));
        return { ...base, ...judge(shared, name, context.stack) };
      });
  },
  examples: {
    pass: [
      {
        document: {
          services: {
            proxy: { image: 'traefik:v3', ports: ['443:443'], networks: ['front'] },
            db: { image: 'postgres:17', networks: ['back'] },
          },
        },
      },
    ],
    fail: [
      {
        document: {
          services: {
            proxy: { image: 'traefik:v3', ports: ['443:443'], networks: ['all'] },
            db: { image: 'postgres:17', networks: ['all'] },
          },
        },
      },
      {
        document: {
          services: {
            proxy: { image: 'nginx:1', ports: ['80:80'] },
            cache: { image: 'redis:8' },
          },
        },
      },
    ],
  },
};

function isData(service: ComposeService): boolean {
  return dataImage.test((service.image ?? '').replace(/[:@].*$/, ''));
}

/** A service without networks is on the project's default network. */
function networkNames(service: ComposeService): string[] {
  const { networks } = service;
  if (networks === undefined) return ['default'];
  return Array.isArray(networks) ? [...(networks as string[])] : Object.keys(networks);
}

/** A shared network is right only where it is a relation of exactly these two. */
function judge(
  shared: readonly string[],
  name: string,
  stack: Stack | undefined,
  document?: ComposeDocument,
): { status: 'pass' | 'fail'; expected: string; seen: string } {
  const wrong = shared.filter((network) => {
    const known = stack?.networks.find((candidate) => candidate.name === network);
    const members = known?.members ?? [];
    const drawn = Object.entries(document?.services ?? {}).filter(([, service]) =>
      networkNames(service).includes(network),
    );
    return !(
      known?.purpose === 'relation' &&
      members.length === 2 &&
      members.includes(name) &&
      members.includes(edgeService) &&
      (document === undefined || drawn.length === 2)
    );
  });
  return {
    status: wrong.length === 0 ? 'pass' : 'fail',
    expected,
    seen: (wrong.length > 0 ? wrong : shared).join(', ') || 'none',
  };
}
