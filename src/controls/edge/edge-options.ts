import { isLoopbackAddress } from '../compose/service-ports.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import { traefikStatic } from '../compose/traefik-config.ts';
import type { StaticModel, StaticResult } from '../control.ts';

/** A Traefik service of a document with its static configuration. */
export interface EdgeOptions {
  view: ServiceView;
  /** Options in lower case, for example `api.insecure`. */
  options: ReadonlyMap<string, string>;
  /**
   * False where a file holds the configuration: Traefik takes it from a file, arguments or
   * variables, never from two of them.
   * https://doc.traefik.io/traefik/getting-started/configuration-overview/#the-static-configuration
   */
  isVisible: boolean;
}

const cache = new WeakMap<StaticModel, readonly EdgeOptions[]>();
const configFile = /(^|\/)traefik\.(ya?ml|toml)$/i;

/** Every Traefik service that the document has, Jacker's own left out: it has a file. */
export function edgeOptions(model: StaticModel): readonly EdgeOptions[] {
  const known = cache.get(model);
  if (known) return known;
  const found = model.project
    ? []
    : viewOf(model)
        .services.filter((view) => view.program === 'traefik')
        .map((view): EdgeOptions => {
          const options = traefikStatic(view);
          const isFile =
            options.has('configfile') || view.mounts.some(({ target }) => configFile.test(target));
          return { view, options, isVisible: options.size > 0 && !isFile };
        });
  cache.set(model, found);
  return found;
}

/** True for an option that is set, be it without a value. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(true|1|t|yes|)$/i.test(value.trim());
}

/** Where an option stands: its argument, its variable, or the command. */
export function placeOf({ view }: EdgeOptions, option: string): string[] {
  const base = ['services', view.name];
  const { command } = view.service;
  if (Array.isArray(command)) {
    const index = (command as unknown[]).findIndex((word) => {
      const name = /^--([^=]+)/.exec(String(word))?.[1];
      return name?.toLowerCase() === option;
    });
    if (index >= 0) return [...base, 'command', String(index)];
  }
  const variable = `TRAEFIK_${option.toUpperCase().replaceAll('.', '_')}`;
  for (const key of view.environment.keys()) {
    if (key.toUpperCase() === variable) return [...base, 'environment', key];
  }
  return [...base, view.service.command === undefined ? 'image' : 'command'];
}

/** One result of a Traefik service about an option, or about its absence. */
export function optionResult(
  edge: EdgeOptions,
  option: string,
  found: Pick<StaticResult, 'status' | 'expected' | 'seen'>,
): StaticResult {
  return { subject: edge.view.name, ...found, location: placeOf(edge, option) };
}

/** What is known of an entry point. */
export interface EntryPoint {
  hasTls: boolean;
  redirects: boolean;
  /** Middlewares of every router on it. */
  middlewares: readonly string[];
  /** False where no port of the host leads to it; null where that is not known. */
  isPublished: boolean | null;
}

/** The entry points of a visible Traefik by name. */
export function entryPointsOf({ view, options }: EdgeOptions): ReadonlyMap<string, EntryPoint> {
  const names = new Map<string, Map<string, string>>();
  for (const [option, value] of options) {
    const match = /^entrypoints\.([^.]+)\.?(.*)$/.exec(option);
    if (!match?.[1]) continue;
    const own = names.get(match[1]) ?? new Map<string, string>();
    own.set(match[2] ?? '', value);
    names.set(match[1], own);
  }
  const isHost = view.service.network_mode === 'host';
  const open = new Set(
    view.ports.filter((port) => !isLoopbackAddress(port.address)).map((port) => port.target),
  );
  return new Map(
    [...names].map(([name, own]) => {
      const port = /:(\d+)/.exec(own.get('address') ?? own.get('') ?? '')?.[1];
      const keys = [...own.keys()];
      return [
        name,
        {
          hasTls: keys.some((key) => key === 'http.tls' || key.startsWith('http.tls.')),
          redirects: own.has('http.redirections.entrypoint.to'),
          middlewares: (own.get('http.middlewares') ?? '')
            .split(',')
            .map((one) => one.trim().replace(/@docker$/, ''))
            .filter(Boolean),
          isPublished: port === undefined ? null : isHost || open.has(port),
        },
      ] as const;
    }),
  );
}
