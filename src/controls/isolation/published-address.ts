import { textOf } from '../../settings/definition.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { isEveryAddress, portsOf } from '../compose/service-ports.ts';
import type { ChangeValue, Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-01';

export const publishedAddress: Control = {
  id,
  title: 'Ports are published on the chosen address only',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'A port without an address is open on every interface, and Docker opens it past the firewall of the host.',
  references: ['CIS Docker Benchmark 5.14', 'OWASP Docker Security Cheat Sheet rule 5a'],
  blindSpots: ['Who can reach the address, and what a firewall before it does, is not seen.'],
  remedy: 'Write the address: 127.0.0.1:8080:80. The edge follows BIND_ADDRESS.',
  static: (model) =>
    checkServices(model, id, ['ports'], (service) => {
      const ports = portsOf(service);
      const chosen = model.project && textOf(model.project.settings, 'BIND_ADDRESS');
      const expected = chosen ?? 'an address of one interface';
      if (ports.length === 0) return { status: 'not-applicable', expected, seen: 'no port' };
      const wrong = ports.filter((port) =>
        chosen === undefined ? isEveryAddress(port.address) : port.address !== chosen,
      );
      return {
        status: wrong.length === 0 ? 'pass' : 'fail',
        expected,
        seen: [...new Set(ports.map((port) => port.address || 'every address'))].join(', '),
      };
    }),
  fix: ({ subject }, model) => {
    if (model.project) return null;
    const ports = model.document.services[subject]?.ports ?? [];
    const value = ports.map((entry, index) => {
      if (typeof entry === 'object') {
        return isEveryAddress(entry.host_ip ?? '')
          ? { ...entry, host_ip: '127.0.0.1' }
          : { ...entry };
      }
      const written = model.origin?.(['services', subject, 'ports', String(index)])?.written;
      return onLoopback(String(entry), written ?? String(entry));
    });
    return value.includes(null)
      ? null
      : [
          {
            service: subject,
            key: ['ports'],
            change: { kind: 'set', value: value as ChangeValue[] },
            reason: 'reached from this host only, not from every network that it is in',
          },
        ];
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
    ],
    fail: [
      exampleService({ ports: ['8080:80'] }),
      exampleService({ ports: [80] }),
      exampleService({ ports: ['0.0.0.0:80:80/tcp'] }),
      exampleService({ ports: [{ target: 80, host_ip: '::' }] }),
    ],
  },
};

/** A port on the host itself, with its variables; null where a variable names the address. */
function onLoopback(entry: string, written: string): string | null {
  if (/^(\d+\.[\d.]+|\[[^\]]+\]):/.test(entry)) {
    if (!/^(0\.0\.0\.0|\[::\]|\[0:.*\]):/.test(entry)) return written;
    const bare = written.replace(/^(0\.0\.0\.0|\[[^\]]+\]):/, '');
    return bare === written ? null : `127.0.0.1:${bare}`;
  }
  // A port alone gets a free one of the host.
  return entry.includes(':') ? `127.0.0.1:${written}` : `127.0.0.1::${written}`;
}
