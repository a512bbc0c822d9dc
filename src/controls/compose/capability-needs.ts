import type { ServiceView } from './stack-view.ts';

/**
 * What the entrypoints of common images need to hand their files to an ordinary user and to become
 * it, and what is needed for ports below 1024: parts of what every container has by default.
 * https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
 */
const ordinary = new Set(
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETGID SETUID'.split(' '),
);
/** Programs that make interfaces, routes or rules of a firewall: that is their work. */
const network =
  /(^|\/)(wireguard|wg-easy|wg-portal|gluetun|openvpn(-as)?|tailscale|netbird|zerotier|headscale|transmission-openvpn|nebula|keepalived|fail2ban|pihole|adguardhome|unbound|[^/]*firewall-bouncer[^/]*)$/;
const networking = new Set(['NET_ADMIN', 'NET_RAW']);
/** Reported by J-CAP-02 already: https://man7.org/linux/man-pages/man7/capabilities.7.html */
export const takeoverCapabilities: ReadonlySet<string> = new Set([
  'ALL',
  'SYS_ADMIN',
  'SYS_MODULE',
  'SYS_PTRACE',
  'DAC_READ_SEARCH',
  'SYS_RAWIO',
  'BPF',
]);

/** The added capabilities that a service is not known to need, and that no other control reports. */
export function needlessCapabilities(view: ServiceView, added: readonly string[]): string[] {
  const isNetwork = network.test(view.image.path.toLowerCase());
  return added.filter(
    (name) =>
      !ordinary.has(name) &&
      !takeoverCapabilities.has(name) &&
      !(isNetwork && networking.has(name)),
  );
}
