import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { portsOf } from '../compose/service-ports.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-02';
/** Ports of databases, caches, engines and administration pages. */
const inner = [
  '2375',
  '2376',
  '3306',
  '5432',
  '6379',
  '8086',
  '9000',
  '9090',
  '9200',
  '11211',
  '15672',
  '27017',
];

export const publishedServices: Control = {
  id,
  title: 'Only the edge router is published',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'A database or administration page with a port of its own is reached without sign-in, rate limit or TLS.',
  references: ['OWASP Docker Security Cheat Sheet rule 5a', 'NIST SP 800-190 4.4.2', 'J-EDG-10'],
  blindSpots: ['In a Compose file that is not of Jacker, only well-known inner ports are known.'],
  remedy: 'Take ports out and declare a route instead.',
  static: (model) =>
    checkServices(model, id, ['ports'], (service, _, known) => {
      const ports = portsOf(service);
      if (known) {
        const may = known.definition.manifest.publishes.length > 0;
        return {
          status: ports.length === 0 || may ? 'pass' : 'fail',
          expected: may ? 'published: it is the edge' : 'not published',
          seen: ports.map((port) => port.published).join(', ') || 'not published',
        };
      }
      const wrong = ports.filter((port) => inner.includes(port.target));
      return {
        status: wrong.length === 0 ? 'pass' : 'fail',
        expected: 'no database or administration port published',
        seen: wrong.map((port) => port.target).join(', ') || 'none',
      };
    }),
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
    pass: [exampleService({ ports: ['443:8443'] }), exampleService({})],
    fail: [
      exampleService({ ports: ['127.0.0.1:5432:5432'] }),
      exampleService({ ports: [{ target: 6379, published: '6379' }] }),
    ],
  },
};
