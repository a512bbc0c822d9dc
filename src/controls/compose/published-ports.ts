import { isEdge } from './edge-exposure.ts';
import { isLoopbackAddress, type ServicePort } from './service-ports.ts';
import type { Program, Role } from './roles.ts';
import type { ServiceView } from './stack-view.ts';

/** Ports of databases, caches and engines; the same numbers mean nothing else by custom. */
const wellKnown = new Set('2375 2376 3306 5432 6379 9200 11211 27017'.split(' '));
const inner = new Set<Role | undefined>(['database', 'cache', 'search', 'queue', 'engine-ui']);
/** Their published ports have a control of their own: J-PRX-02, J-OBS-02 and J-PATH-01. */
const elsewhere = new Set<Role | undefined>(['socket-proxy', 'metrics', 'logs', 'database-ui']);
/** Pages that administer the edge itself: they are not what it is there to publish. */
const adminPorts: Partial<Record<Program, string>> = {
  traefik: '8080',
  caddy: '2019',
  'nginx-proxy-manager': '81',
};

/**
 * The published ports of a service that lead to a database, a queue or the administration of the
 * engine, whatever their number on the host. Loopback is not published.
 */
export function innerPorts(view: ServiceView): readonly ServicePort[] {
  if (elsewhere.has(view.role) || isEdge(view)) return [];
  const open = view.ports.filter(({ address }) => !isLoopbackAddress(address));
  return inner.has(view.role) ? open : open.filter(({ target }) => wellKnown.has(target));
}

/** True for a port of the web, or another one that an edge router is there to publish. */
export function isEdgePort(view: ServiceView, { published, target }: ServicePort): boolean {
  if (published === '80' || published === '443') return true;
  return isEdge(view) && (view.program === undefined || adminPorts[view.program] !== target);
}
