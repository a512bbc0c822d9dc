import { engineSockets } from './engine-access.ts';
import type { Role } from './roles.ts';
import type { ServiceView } from './stack-view.ts';

/**
 * How much is lost with a service, or how near it is to the outside: data stores, holders of the
 * engine's socket, what strangers can connect to. Everything else is in none of them.
 */
export type TrustZone = 'data' | 'engine' | 'exposed';

const zones: Partial<Record<Role, TrustZone>> = {
  database: 'data',
  cache: 'data',
  search: 'data',
  queue: 'data',
  'socket-proxy': 'engine',
  'engine-ui': 'engine',
  'auto-update': 'engine',
  edge: 'exposed',
};

/** The zone of a service by its image, its mounts and its published ports, in this order. */
export function trustZoneOf(view: ServiceView): TrustZone | undefined {
  const byRole = view.role && zones[view.role];
  if (byRole === 'data') return byRole;
  if (engineSockets(view).length > 0) return 'engine';
  return byRole ?? (view.ports.length > 0 ? 'exposed' : undefined);
}
