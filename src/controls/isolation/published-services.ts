import { exampleService } from '../compose/example.ts';
import { bindToLoopback } from '../compose/loopback-ports.ts';
import { innerPorts } from '../compose/published-ports.ts';
import { isLoopbackAddress } from '../compose/service-ports.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-02';
export const publishedServices: Control = {
  id,
  title: 'No database or administration page is published',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'A database or administration page with a port of its own is reached without sign-in, rate limit or TLS.',
  references: ['OWASP Docker Security Cheat Sheet rule 5a', 'NIST SP 800-190 4.4.2', 'J-EDG-10'],
  blindSpots: [
    'In a Compose file that is not of Jacker, databases and pages that administer the engine are known by common images, and by the numbers of their ports inside.',
    'A port on loopback is not published: programs of the host alone reach it.',
    'Metrics are the matter of J-OBS-02, pages of databases of J-PATH-01, socket proxies of J-PRX-02.',
  ],
  remedy:
    'Take ports: out: other services reach it over a common network. For tools on the host write 127.0.0.1:5432:5432; a page gets a route at the edge, behind a sign-in.',
  static: (model) =>
    checkViews(model, id, ['ports'], (view) => {
      if (view.known) {
        const { ports, known } = view;
        const may = known.definition.manifest.publishes.length > 0;
        return {
          status: ports.length === 0 || may ? 'pass' : 'fail',
          expected: may ? 'published: it is the edge' : 'not published',
          seen: ports.map((port) => port.published).join(', ') || 'not published',
        };
      }
      const wrong = innerPorts(view);
      return {
        status: wrong.length === 0 ? 'pass' : 'fail',
        expected: 'no database or administration port published',
        seen: wrong.map((port) => port.target).join(', ') || 'none',
      };
    }),
  fix: ({ subject }, model) =>
    bindToLoopback(model, subject, (port) => !isLoopbackAddress(port.address)),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.PortBindings', ({ facts, known }) => {
      const may = known.definition.manifest.publishes.length > 0;
      const ports = facts.host.portBindings.map((port) => String(port.hostPort));
      return {
        status: ports.length === 0 || may ? 'pass' : 'fail',
        expected: may ? 'published: it is the edge' : 'not published',
        seen: ports.join(', ') || 'not published',
      };
    }),
  examples: {
    pass: [
      exampleService({ ports: ['443:8443'] }),
      exampleService({}),
      exampleService({ image: 'postgres:17', ports: ['127.0.0.1:5432:5432'] }),
      // The same number is a page of many an application.
      exampleService({ image: 'ghcr.io/goauthentik/server:2026.8', ports: ['9000:9000'] }),
      exampleService({ image: 'traefik:v3.6', ports: ['443:443', '5432:5432'] }),
    ],
    fail: [
      exampleService({ image: 'postgres:17', ports: ['5433:5432'] }),
      exampleService({ image: 'mongo:8', ports: ['192.0.2.1:27017:27017'] }),
      exampleService({ image: 'portainer/portainer-ce:2.45.0', ports: ['9443:9443'] }),
      exampleService({ ports: [{ target: 6379, published: '6379' }] }),
    ],
  },
};
