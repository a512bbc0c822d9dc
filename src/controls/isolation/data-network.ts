import { edgeService } from '../../catalog/resolve-stack.ts';
import type { Stack } from '../../catalog/stack.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { edgeNetworks, isEdge } from '../compose/edge-exposure.ts';
import type { Role } from '../compose/roles.ts';
import { viewOf, type StackView } from '../compose/stack-view.ts';
import type { Control, Reading, StaticResult } from '../control.ts';

const id = 'J-NET-05';
const dataImage = /(^|\/)(postgres|mysql|mariadb|mongo|redis|valkey|memcached|elasticsearch)[^/]*$/;
const stores: readonly (Role | undefined)[] = ['database', 'cache', 'search', 'queue'];
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
    'In a Compose file that is not of Jacker, data stores and edge routers are known by the names of common images. An application that publishes the ports of the web itself is no router.',
  ],
  remedy: 'Give the database a network that only its applications share.',
  static: (model) => {
    const { project } = model;
    const stack = viewOf(model);
    const edges = project ? new Set(stack.byName.get(edgeService)?.networks) : edgeNetworks(model);
    return stack.services
      .filter((view) => stores.includes(view.role) || isData(view.service))
      .map((view): StaticResult => {
        const shared = isEdge(view) ? [] : view.networks.filter((network) => edges.has(network));
        return {
          subject: view.name,
          ...judge(shared, view.name, project?.stack, stack),
          location: ['services', view.name, 'networks'],
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
      {
        document: {
          services: {
            // It has no router before it: it is itself what the internet meets.
            blog: { image: 'wordpress:6.8', ports: ['80:80'] },
            db: { image: 'mariadb:11.8' },
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

/** A shared network is right only where it is a relation of exactly these two. */
function judge(
  shared: readonly string[],
  name: string,
  stack: Stack | undefined,
  view?: StackView,
): { status: 'pass' | 'fail'; expected: string; seen: string } {
  const wrong = shared.filter((network) => {
    const known = stack?.networks.find((candidate) => candidate.name === network);
    const members = known?.members ?? [];
    const drawn = view?.members.get(network) ?? [];
    return !(
      known?.purpose === 'relation' &&
      members.length === 2 &&
      members.includes(name) &&
      members.includes(edgeService) &&
      (view === undefined || drawn.length === 2)
    );
  });
  return {
    status: wrong.length === 0 ? 'pass' : 'fail',
    expected,
    seen: (wrong.length > 0 ? wrong : shared).join(', ') || 'none',
  };
}
