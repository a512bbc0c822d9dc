import type { StaticModel } from '../control.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

const cache = new WeakMap<StaticModel, ReadonlyMap<string, ServiceView>>();

/** The services by each name that others reach them by: their own, host names and aliases. */
export function serviceNames(model: StaticModel): ReadonlyMap<string, ServiceView> {
  const known = cache.get(model);
  if (known) return known;
  const names = new Map<string, ServiceView>();
  const { services } = viewOf(model);
  for (const view of services) {
    for (const name of [
      view.service['container_name'],
      view.service.hostname,
      ...aliasesOf(view),
    ]) {
      if (typeof name === 'string' && name !== '') names.set(name, view);
    }
  }
  // A service's own name goes before what another one is called as well.
  for (const view of services) names.set(view.name, view);
  cache.set(model, names);
  return names;
}

function aliasesOf({ service: { networks } }: ServiceView): unknown[] {
  if (networks === undefined || Array.isArray(networks)) return [];
  return Object.values(networks as Record<string, { aliases?: unknown } | null>).flatMap(
    (network) => (Array.isArray(network?.aliases) ? (network.aliases as unknown[]) : []),
  );
}
