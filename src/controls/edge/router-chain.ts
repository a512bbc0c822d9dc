import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import { traefikLabels } from '../compose/traefik-config.ts';
import type { StaticModel, StaticResult, Status } from '../control.ts';
import { edgeFiles, edgeMiddlewares, edgeRouters } from './edge-files.ts';
import { edgeOptions, entryPointsOf, type EntryPoint } from './edge-options.ts';

/** A router with everything that its requests go through. */
export interface RouterChain {
  name: string;
  /** The service that it leads to; undefined where the document has none for it. */
  view: ServiceView | undefined;
  rule: string;
  priority: number | undefined;
  /** The service's name in Traefik, for example `api@internal`. */
  target: string | undefined;
  entryPoints: readonly string[];
  hasTls: boolean;
  /** Names as the router has them, those of its entry points not among them. */
  middlewares: readonly string[];
  /** Kinds and options in lower case, chains followed, for example `headers.stsseconds`. */
  options: ReadonlyMap<string, string>;
  /** Middlewares that are defined where nobody looked. */
  elsewhere: readonly string[];
  location: readonly string[];
  file?: string;
}

/** The options of a middleware; undefined where it is not defined here. */
type Middlewares = (name: string) => ReadonlyMap<string, string> | undefined;

const deepest = 8;
const cache = new WeakMap<StaticModel, readonly RouterChain[]>();
const guardOption =
  /^(forwardauth|basicauth|digestauth|ipallowlist|ipwhitelist)(\.|$)|^plugin\.[^.]*(oidc|auth|saml|keycloak|access|geoblock)/;
const guardName =
  /auth|oidc|sso|login|saml|keycloak|allow-?list|white-?list|(local|lan|vpn|internal)-?only|ip-?filter/i;

/** Every router that leads to something, with its chain: of labels, or of Jacker's own files. */
export function routerChains(model: StaticModel): readonly RouterChain[] {
  const known = cache.get(model);
  if (known) return known;
  const found = model.project ? ofProject(model) : ofLabels(model);
  cache.set(model, found);
  return found;
}

/** Whether somebody is asked who they are, or where they come from; unknown where a name decides. */
export function guardOf(chain: RouterChain): 'guarded' | 'open' | 'unknown' {
  for (const option of chain.options.keys()) if (guardOption.test(option)) return 'guarded';
  if (chain.elsewhere.some((name) => guardName.test(name))) return 'guarded';
  return chain.elsewhere.length > 0 ? 'unknown' : 'open';
}

/** True for a router that sends its clients elsewhere and nothing else. */
export function isRedirect(chain: RouterChain): boolean {
  return (
    [...chain.options.keys()].some((option) => /^redirect(scheme|regex)\./.test(option)) ||
    chain.elsewhere.some((name) => /redirect|to-?https/i.test(name))
  );
}

/** One result for each router about which a control has something to say. */
export function judgeRouters(
  model: StaticModel,
  expected: string,
  judge: (chain: RouterChain) => { status: Status; seen: string } | null,
): StaticResult[] {
  return routerChains(model).flatMap((chain) => {
    const found = judge(chain);
    if (!found) return [];
    return [
      {
        subject: chain.name,
        ...found,
        expected,
        location: chain.location,
        ...(chain.file === undefined ? {} : { file: chain.file }),
      },
    ];
  });
}

/** What a judgement says of a chain in which a part is sought: by what is read, or by a name. */
export function seek(
  chain: RouterChain,
  option: RegExp,
  name: RegExp,
): { status: Status; seen: string } {
  const found = [...chain.options.keys()].find((one) => option.test(one));
  if (found !== undefined) return { status: 'pass', seen: found };
  const named = chain.elsewhere.find((one) => name.test(one));
  if (named !== undefined) return { status: 'pass', seen: named };
  return chain.elsewhere.length > 0
    ? { status: 'unknown', seen: `defined elsewhere: ${chain.elsewhere.slice(0, 5).join(', ')}` }
    : { status: 'fail', seen: chain.middlewares.slice(0, 5).join(', ') || 'no middleware' };
}

function ofLabels(model: StaticModel): RouterChain[] {
  const { byName } = viewOf(model);
  const labels = traefikLabels(model);
  const edges = edgeOptions(model);
  const entryPoints = new Map(edges.flatMap((edge) => [...entryPointsOf(edge)]));
  // Without a label a service has no routes where the edge asks for one.
  const asks = edges.some(({ options }) =>
    /^false$/i.test(options.get('providers.docker.exposedbydefault') ?? ''),
  );
  const middlewares: Middlewares = (name) => labels.middlewares.get(name)?.options;
  return labels.routers.flatMap((router) => {
    const view = byName.get(router.service);
    if (asks && !/^(true|1)$/i.test(view?.labels.get('traefik.enable') ?? '')) return [];
    const common = onEntryPoints(router.entryPoints, entryPoints);
    return [
      {
        name: router.name,
        view: router.target?.includes('@internal') ? undefined : view,
        rule: router.rule,
        priority: router.priority,
        target: router.target,
        entryPoints: router.entryPoints,
        hasTls: router.tls !== undefined,
        middlewares: router.middlewares,
        ...expand([...common, ...router.middlewares], middlewares),
        location: router.location,
      },
    ];
  });
}

/** The middlewares that every entry point of a router has: those of one do not guard the others. */
function onEntryPoints(
  names: readonly string[],
  known: ReadonlyMap<string, EntryPoint>,
): readonly string[] {
  const points =
    names.length > 0 ? names.map((name) => known.get(name.toLowerCase())) : [...known.values()];
  const [first, ...others] = points;
  return (first?.middlewares ?? []).filter((name) =>
    others.every((point) => point?.middlewares.includes(name)),
  );
}

function ofProject(model: StaticModel): RouterChain[] {
  const { project } = model;
  const files = edgeMiddlewares(project);
  const { byName } = viewOf(model);
  const routes = new Map(
    project?.stack.routes.map((route): [string, typeof route] => [
      `${route.service}-${route.name}`,
      route,
    ]),
  );
  const middlewares: Middlewares = (name) => {
    const one = files && Object.hasOwn(files, name) ? files[name] : undefined;
    return one && flatten(one);
  };
  return Object.entries(edgeRouters(project) ?? {}).map(([name, router]) => ({
    name,
    view: byName.get(routes.get(name)?.service ?? ''),
    rule: router.rule,
    priority: router.priority,
    target: router.service,
    entryPoints: router.entryPoints,
    hasTls: router.tls !== undefined,
    middlewares: router.middlewares,
    ...expand(router.middlewares, middlewares),
    location: ['http', 'routers', name, 'middlewares'],
    file: edgeFiles.routers,
  }));
}

function flatten(value: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const path = `${prefix}${key.toLowerCase()}`;
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      for (const [inner, text] of flatten(item, `${path}.`)) found.set(inner, text);
    } else found.set(path, Array.isArray(item) ? item.map(String).join(',') : String(item));
  }
  return found;
}

function expand(
  names: readonly string[],
  middlewares: Middlewares,
): { options: ReadonlyMap<string, string>; elsewhere: readonly string[] } {
  const options = new Map<string, string>();
  const elsewhere: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, depth: number): void => {
    if (done.has(name) || depth > deepest) return;
    done.add(name);
    const own = middlewares(name);
    if (!own) {
      elsewhere.push(name);
      return;
    }
    for (const [option, value] of own) {
      options.set(option, value);
      if (option !== 'chain.middlewares') continue;
      for (const inner of value.split(',')) {
        const trimmed = inner.trim().replace(/@docker$/, '');
        if (trimmed !== '') visit(trimmed, depth + 1);
      }
    }
  };
  for (const name of names) visit(name, 0);
  return { options, elsewhere };
}
