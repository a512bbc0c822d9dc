import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { isLoopbackAddress } from '../compose/service-ports.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-08';
const expected = 'as closed on IPv6 as on IPv4';

export const ipv6Publishing: Control = {
  id,
  title: 'A port that is local on IPv4 is local on IPv6 too',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  grant: true,
  why: 'A port bound to 127.0.0.1 looks closed, and firewalls often have rules for IPv4 alone: on IPv6 the same port may be open to the internet.',
  references: ['CIS Docker Benchmark 5.14'],
  blindSpots: ['Whether the host has an IPv6 address that others can reach is not looked at.'],
  remedy: 'Bind the port to [::1], or leave the IPv6 line out.',
  static: (model) =>
    checkViews(model, id, ['ports'], ({ ports }) =>
      judge(
        ports.map(({ address, target, protocol }) => ({
          address,
          port: `${target}/${protocol}`,
        })),
      ),
    ),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.PortBindings', ({ facts }) =>
      judge(
        facts.host.portBindings.map(({ address, containerPort, protocol }) => ({
          address,
          port: `${containerPort}/${protocol}`,
        })),
      ),
    ),
  examples: {
    pass: [
      exampleService({ ports: ['127.0.0.1:8080:80'] }),
      exampleService({ ports: ['127.0.0.1:8080:80', '[::1]:8080:80'] }),
    ],
    fail: [
      exampleService({ ports: ['127.0.0.1:8080:80', '[::]:8080:80'] }),
      exampleService({
        ports: [
          { target: 80, published: '8080', host_ip: '127.0.0.1' },
          { target: 80, published: '8080', host_ip: '2001:db8::1' },
        ],
      }),
    ],
  },
};

function judge(bindings: readonly { address: string; port: string }[]): Outcome {
  const local = new Set(
    bindings.filter(({ address }) => address.startsWith('127.')).map(({ port }) => port),
  );
  if (local.size === 0) return { status: 'not-applicable', expected, seen: 'no port on 127.0.0.1' };
  const open = bindings.filter(
    ({ address, port }) => local.has(port) && address.includes(':') && !isLoopbackAddress(address),
  );
  return {
    status: open.length === 0 ? 'pass' : 'fail',
    expected,
    seen: open.map(({ address, port }) => `${port} on ${address}`).join(', ') || 'closed on both',
  };
}
