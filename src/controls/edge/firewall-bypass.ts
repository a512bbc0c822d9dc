import { isLoopbackAddress } from '../compose/service-ports.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-07';
const expected = "open by declaration, or under the host's firewall";

export const firewallBypass: Control = {
  id,
  title: "No port is open past the host's firewall by mistake",
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  grant: true,
  why: "The engine forwards published ports before the chains of ufw are asked: a port that the firewall 'denies' is open all the same.",
  references: [
    'OWASP Docker Security Cheat Sheet rule 5a',
    'Docker: packet filtering and firewalls, https://docs.docker.com/engine/network/packet-filtering-firewalls/',
  ],
  blindSpots: [
    "The host's firewall is not read, because that needs root on the host: rules of one's own in the chain DOCKER-USER are not seen.",
    'Engines before API 1.49 do not say who filters: for them the rules are taken to be there, as they are by default; "iptables": false in daemon.json is not seen.',
    'Ports of a service that declares them are meant to be open.',
  ],
  remedy: 'Publish on 127.0.0.1, or take the port out and declare a route at the edge.',
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.PortBindings, docker info FirewallBackend',
      ({ facts, known }) => {
        const open = facts.host.portBindings.filter((port) => !isLoopbackAddress(port.address));
        if (open.length === 0) {
          return { status: 'not-applicable', expected, seen: 'nothing but loopback' };
        }
        const ports = open.map((port) => `${port.address || '*'}:${port.containerPort}`).join(', ');
        if (known.definition.manifest.publishes.length > 0) {
          return { status: 'pass', expected, seen: `${ports}: its manifest publishes them` };
        }
        // A rootless engine's ports belong to a process of the host, which the firewall is asked about.
        // https://docs.docker.com/engine/security/rootless/
        if (context.host.security.includes('rootless')) {
          return { status: 'pass', expected, seen: `${ports}: the engine is rootless` };
        }
        const driver = context.host.firewall || 'the default rules';
        return { status: 'fail', expected, seen: `${ports}: forwarded by ${driver}` };
      },
    ),
};
