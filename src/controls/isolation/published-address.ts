import { textOf } from '../../settings/definition.ts';
import { exampleService } from '../compose/example.ts';
import { bindToLoopback } from '../compose/loopback-ports.ts';
import { innerPorts, isEdgePort } from '../compose/published-ports.ts';
import type { Outcome } from '../compose/service-check.ts';
import { isEveryAddress } from '../compose/service-ports.ts';
import { viewOf } from '../compose/stack-view.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { bypass } from '../edge/bypass.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-01';

export const publishedAddress: Control = {
  id,
  title: 'Ports are published on the chosen address only',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'A port without an address is open on every interface, and Docker opens it past the firewall of the host.',
  references: ['CIS Docker Benchmark 5.14', 'OWASP Docker Security Cheat Sheet rule 5a'],
  blindSpots: [
    'Who can reach the address, and what a firewall before it does, is not seen.',
    'In a Compose file that is not of Jacker, what is published on 80 and 443, and by an edge router, is meant for everybody; a router is known by its image.',
  ],
  remedy:
    'Write the address before the port: 127.0.0.1:8080:80 for what the host alone asks, that of one interface for a network. What is for everybody gets a route at the edge instead.',
  static: (model) => {
    const chosen = model.project && textOf(model.project.settings, 'BIND_ADDRESS');
    const expected = chosen ?? 'an address of one interface';
    // A port beside a sign-in, and one of a database, is a finding already.
    const told = new Set(
      (bypass.static?.(model) ?? [])
        .filter(({ status }) => status === 'fail')
        .map(({ subject }) => subject),
    );
    return checkViews(model, id, ['ports'], (view): Outcome => {
      const { ports } = view;
      if (ports.length === 0) return { status: 'not-applicable', expected, seen: 'no port' };
      const seen = [...new Set(ports.map((port) => port.address || 'every address'))].join(', ');
      if (chosen !== undefined) {
        const holds = ports.every((port) => port.address === chosen);
        return { status: holds ? 'pass' : 'fail', expected, seen };
      }
      const wide = ports.filter((port) => isEveryAddress(port.address));
      const wrong = wide.filter((port) => !isEdgePort(view, port));
      if (wrong.length === 0) {
        return { status: 'pass', expected, seen: wide.length > 0 ? `${seen}: the edge` : seen };
      }
      const other = told.has(view.name)
        ? 'J-EDG-10'
        : wrong.length === innerPorts(view).length
          ? 'J-NET-02'
          : null;
      return other === null
        ? { status: 'fail', expected, seen }
        : { status: 'not-applicable', expected, seen: `${seen}: see ${other}` };
    });
  },
  fix: ({ subject }, model) => {
    const view = viewOf(model).byName.get(subject);
    return view ? bindToLoopback(model, subject, (port) => !isEdgePort(view, port)) : null;
  },
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.PortBindings', ({ facts }) => {
      const expected = textOf(context.settings, 'BIND_ADDRESS');
      const ports = facts.host.portBindings;
      if (ports.length === 0) return { status: 'not-applicable', expected, seen: 'no port' };
      return {
        status: ports.every((port) => port.address === expected) ? 'pass' : 'fail',
        expected,
        seen: ports.map((port) => `${port.address || 'every address'}:${port.hostPort}`).join(', '),
      };
    }),
  examples: {
    pass: [
      exampleService({ ports: ['127.0.0.1:8080:80'] }),
      exampleService({ ports: [{ target: 80, published: '80', host_ip: '192.0.2.1' }] }),
      exampleService({ image: 'traefik:v3.6', ports: ['80:80', '443:443', '443:443/udp'] }),
      exampleService({ image: 'nginx:1.29', ports: ['80:8080', '443:8443'] }),
    ],
    fail: [
      exampleService({ ports: ['8080:80'] }),
      exampleService({ ports: [80] }),
      exampleService({ ports: ['0.0.0.0:81:80/tcp'] }),
      exampleService({ ports: [{ target: 80, host_ip: '::' }] }),
      exampleService({ image: 'traefik:v3.6', ports: ['443:443', '8080:8080'] }),
    ],
  },
};
