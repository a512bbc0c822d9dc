import type { StaticModel } from '../control.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

/** A router of Traefik as labels or rendered files give it. */
export interface TraefikRouter {
  name: string;
  /** The service whose labels it is in. */
  service: string;
  /** Where it is written: a path of the document. */
  location: readonly string[];
  rule: string;
  entryPoints: readonly string[];
  middlewares: readonly string[];
  /** Options of the router's TLS; undefined without TLS. */
  tls: Readonly<Record<string, string>> | undefined;
  priority: number | undefined;
  target: string | undefined;
}

/** A middleware of Traefik from labels: its options by their path, in lower case. */
export interface TraefikMiddleware {
  name: string;
  service: string;
  location: readonly string[];
  /** For example `ratelimit.average` to `100`. */
  options: ReadonlyMap<string, string>;
}

/** What the labels of a stack say to Traefik. */
export interface TraefikLabels {
  routers: readonly TraefikRouter[];
  middlewares: ReadonlyMap<string, TraefikMiddleware>;
}

const cache = new WeakMap<StaticModel, TraefikLabels>();

/** Every router and middleware that the stack's labels declare (HTTP only). */
export function traefikLabels(model: StaticModel): TraefikLabels {
  const known = cache.get(model);
  if (known) return known;
  const routers: TraefikRouter[] = [];
  const middlewares = new Map<string, TraefikMiddleware>();
  for (const view of viewOf(model).services) {
    const declared = readLabels(view);
    routers.push(...declared.routers);
    for (const one of declared.middlewares) middlewares.set(one.name, one);
  }
  const labels = { routers, middlewares };
  cache.set(model, labels);
  return labels;
}

function readLabels(view: ServiceView): {
  routers: TraefikRouter[];
  middlewares: TraefikMiddleware[];
} {
  const routers = new Map<string, { path: string; options: Map<string, string> }>();
  const middlewares = new Map<string, { path: string; options: Map<string, string> }>();
  for (const [label, value] of view.labels) {
    const match = /^traefik\.http\.(routers|middlewares)\.([^.]+)\.(.+)$/i.exec(label);
    if (!match) continue;
    const [, kind = '', name = '', option = ''] = match;
    const into = kind.toLowerCase() === 'routers' ? routers : middlewares;
    const one = into.get(name) ?? { path: label, options: new Map<string, string>() };
    one.options.set(option.toLowerCase(), value);
    into.set(name, one);
  }
  if (view.labels.get('traefik.enable')?.toLowerCase() === 'false') {
    return { routers: [], middlewares: [] };
  }
  return {
    routers: [...routers].map(([name, { path, options }]) => ({
      name,
      service: view.name,
      location: ['services', view.name, 'labels', path],
      rule: options.get('rule') ?? '',
      entryPoints: list(options.get('entrypoints')),
      middlewares: list(options.get('middlewares')).map((one) => one.replace(/@docker$/, '')),
      tls: tlsOf(options),
      priority: options.has('priority') ? Number(options.get('priority')) : undefined,
      target: options.get('service'),
    })),
    middlewares: [...middlewares].map(([name, { path, options }]) => ({
      name,
      service: view.name,
      location: ['services', view.name, 'labels', path],
      options,
    })),
  };
}

function tlsOf(options: ReadonlyMap<string, string>): Record<string, string> | undefined {
  const own = [...options].filter(([name]) => name === 'tls' || name.startsWith('tls.'));
  if (own.length === 0 || options.get('tls')?.toLowerCase() === 'false') return undefined;
  return Object.fromEntries(own.map(([name, value]) => [name.replace(/^tls\.?/, ''), value]));
}

/**
 * The static configuration of a Traefik service from its arguments and `TRAEFIK_*` variables, by
 * option in lower case, for example `api.insecure` to `true`. A file that it mounts is not read.
 */
export function traefikStatic(view: ServiceView): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of view.environment) {
    if (name.startsWith('TRAEFIK_')) {
      options.set(name.slice(8).toLowerCase().replaceAll('_', '.'), value);
    }
  }
  for (const word of view.command) {
    const match = /^--([^=]+)(?:=([^]*))?$/.exec(word);
    if (match?.[1]) options.set(match[1].toLowerCase(), match[2] ?? 'true');
  }
  return options;
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}
