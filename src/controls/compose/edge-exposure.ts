import type { StaticModel } from '../control.ts';
import { isLoopback } from './ways-in.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

/** Web servers that are an edge where they publish the web's own ports. */
const webServer = /(^|\/)(nginx[^/]*|haproxy[^/]*|openresty|envoy|httpd|apache|apisix|kong)$/;
const webPorts = new Set(['80', '443']);

const cache = new WeakMap<StaticModel, ReadonlySet<string>>();

/** True for a router of the web: by its image, or a web server with the web's ports published. */
export function isEdge(view: ServiceView): boolean {
  if (view.role === 'edge') return true;
  return webServer.test(view.image.path) && view.ports.some((port) => webPorts.has(port.published));
}

/** The networks that an edge router is in; worked out once for a model. */
export function edgeNetworks(model: StaticModel): ReadonlySet<string> {
  const known = cache.get(model);
  if (known) return known;
  const networks = new Set(
    viewOf(model)
      .services.filter(isEdge)
      .flatMap((view) => view.networks),
  );
  cache.set(model, networks);
  return networks;
}

/** How strangers come near a service: a published port, or a network of the edge; null: not. */
export function exposureOf(model: StaticModel, view: ServiceView): string | null {
  if (view.service.network_mode === 'host') return 'on the host network';
  const port = view.ports.find(({ address }) => !isLoopback(address));
  if (port) return `published on ${port.address || 'every address'}`;
  const edges = edgeNetworks(model);
  const shared = isEdge(view) ? undefined : view.networks.find((network) => edges.has(network));
  return shared === undefined ? null : `shares the network ${shared} with the edge router`;
}
