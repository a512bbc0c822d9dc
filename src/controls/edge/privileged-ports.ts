import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { viewOf } from '../compose/stack-view.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control, StaticModel } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-03';
const expected = 'host ports below 1024 at the edge only';
const web = new Set(['80', '443']);
/** Below 1024, a port is a promise that root's own program answers. */
const firstFree = 1024;

export const privilegedPorts: Control = {
  id,
  title: 'Only the edge takes privileged ports of the host',
  severity: 'low',
  domain: 'edge',
  subject: 'service',
  grant: true,
  why: 'Clients take what answers below port 1024 for a service of the host itself, and a second way in beside the edge has none of its protections.',
  references: ['CIS Docker Benchmark 5.8'],
  blindSpots: [
    'A port that is the same on both sides is taken for the port of its protocol (53, 25, 389) and not objected to, unless it is 80 or 443 beside an edge.',
    'Where no known edge is in the file, whoever publishes 80 or 443 is taken for it.',
  ],
  remedy: 'Publish a port above 1023, or give the service a route at the edge.',
  static: (model) => {
    const edge = hasEdge(model);
    return checkViews(model, id, ['ports'], (view): Outcome => {
      if (view.ports.length === 0) return { status: 'not-applicable', expected, seen: 'no port' };
      const isEdge =
        view.role === 'edge' || (view.known?.definition.manifest.publishes.length ?? 0) > 0;
      const found = view.ports.filter(({ published, target }) => {
        const [port = ''] = published.split('-');
        const number = Number(port);
        if (isEdge || port === '' || !(number > 0 && number < firstFree)) return false;
        return web.has(port) ? edge : published !== target;
      });
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected,
        seen: found.map((port) => `${port.published}:${port.target}`).join(', ') || 'none',
      };
    });
  },
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.PortBindings', ({ facts, known }) => {
      const ports = facts.host.portBindings;
      if (ports.length === 0) return { status: 'not-applicable', expected, seen: 'no port' };
      const may = known.definition.manifest.publishes.length > 0;
      const found = ports.filter(({ hostPort }) => !may && hostPort > 0 && hostPort < firstFree);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected,
        seen: found.map((port) => String(port.hostPort)).join(', ') || 'none',
      };
    }),
  examples: {
    pass: [
      exampleService({ image: 'traefik:v3.5', ports: ['80:8000', '443:8443'] }),
      exampleService({ image: 'httpd:2.4', ports: ['80:8080'] }),
      exampleService({ image: 'pihole/pihole:2025.08.0', ports: ['53:53/udp', '8080:80'] }),
    ],
    fail: [
      exampleService({ image: 'example/app:1', ports: ['81:8080'] }),
      {
        document: {
          services: {
            edge: { image: 'caddy:2', ports: ['443:443'] },
            app: { image: 'example/app:1', ports: ['80:80'] },
          },
        },
      },
    ],
  },
};

function hasEdge(model: StaticModel): boolean {
  return viewOf(model).services.some((view) => view.role === 'edge' && view.ports.length > 0);
}
