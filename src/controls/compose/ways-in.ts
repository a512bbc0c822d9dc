import type { StaticModel } from '../control.ts';
import { isEveryAddress } from './service-ports.ts';
import { viewOf, type ServiceView } from './stack-view.ts';
import { traefikLabels, type TraefikMiddleware } from './traefik-config.ts';

/** How a stranger comes to a service. */
export interface WayIn {
  service: ServiceView;
  /** For example `port 8080` or `router app`. */
  by: string;
  /** The middleware or program that asks for a session first; undefined where none does. */
  guard?: string;
}

const guards = /^(forwardauth|basicauth|digestauth|plugin\..*(oidc|auth|saml))/;
const cache = new WeakMap<StaticModel, readonly WayIn[]>();

/**
 * Every way from outside the host into a service: ports that are open on more than loopback, and
 * routes. A route of Jacker's own stack knows its sign-in; of another stack the labels of Traefik
 * are read, with the middlewares that chains name.
 */
export function waysIn(model: StaticModel): readonly WayIn[] {
  const known = cache.get(model);
  if (known) return known;
  const view = viewOf(model);
  const ways: WayIn[] = [];
  for (const service of view.services) {
    for (const port of service.ports) {
      if (isLoopback(port.address)) continue;
      const address = isEveryAddress(port.address) ? '' : `${port.address}:`;
      ways.push({ service, by: `port ${address}${port.published || port.target}` });
    }
    if (service.service.network_mode === 'host') ways.push({ service, by: "the host's network" });
  }
  const { routers, middlewares } = traefikLabels(model);
  for (const router of routers) {
    const service = view.byName.get(router.service);
    if (!service) continue;
    const guard = guardOf(router.middlewares, middlewares, 0);
    ways.push({ service, by: `router ${router.name}`, ...(guard === null ? {} : { guard }) });
  }
  for (const route of model.project?.stack.routes ?? []) {
    const service = view.byName.get(route.service);
    if (!service) continue;
    const guarded = route.auth === 'sso';
    ways.push({ service, by: `route ${route.name}`, ...(guarded ? { guard: 'sign-in' } : {}) });
  }
  cache.set(model, ways);
  return ways;
}

/** True for an address of the host that only the host itself can reach. */
export function isLoopback(address: string): boolean {
  return (
    /^127\./.test(address) || address === '::1' || address === '[::1]' || address === 'localhost'
  );
}

/** The first middleware that asks who is there, chains followed; null where there is none. */
function guardOf(
  names: readonly string[],
  middlewares: ReadonlyMap<string, TraefikMiddleware>,
  depth: number,
): string | null {
  for (const name of names) {
    const one = middlewares.get(name);
    if (!one) {
      // It is defined in a file that is not read: its name is all there is.
      if (/auth|oidc|sso|login|authelia|authentik|keycloak/i.test(name)) return name;
      continue;
    }
    for (const [option, value] of one.options) {
      if (guards.test(option)) return name;
      if (option === 'chain.middlewares' && depth < 8) {
        const inner = guardOf(
          value.split(',').map((word) => word.trim().replace(/@docker$/, '')),
          middlewares,
          depth + 1,
        );
        if (inner !== null) return inner;
      }
    }
  }
  return null;
}
