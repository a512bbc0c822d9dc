import type { StackService } from '../catalog/stack.ts';
import type { TreeChange } from '../state/tree-changes.ts';
import { isInForce, type ServiceState } from './observe.ts';

/** What happens to a service when the plan is applied. */
export interface ServiceChange {
  service: string;
  /** `start`: its container is there and only has to run; `wait`: it runs, and is not healthy yet. */
  kind: 'create' | 'recreate' | 'start' | 'wait' | 'remove' | 'unchanged';
  /** The files whose change causes it; empty where what runs is the reason. */
  because: readonly string[];
}

/**
 * What happens to each service, in the stack's order, then what belongs to it no longer.
 *
 * @param wantedConfig the configuration checksum of each service, by service
 * @param states what runs; null where no engine answers
 * @param started whether a generation has ever been in force: before that, every service is new
 */
export function serviceChanges(
  services: readonly StackService[],
  files: readonly TreeChange[],
  wantedConfig: ReadonlyMap<string, string>,
  states: readonly ServiceState[] | null,
  started: boolean,
): ServiceChange[] {
  const changed = new Map(
    files.filter((change) => change.kind !== 'unchanged').map((change) => [change.path, change]),
  );
  const own = services.map((service): ServiceChange => {
    const paths = [`compose/${service.name}.yml`, ...service.configs.map(({ path }) => path)];
    const because = paths.filter((path) => changed.has(path));
    const byFiles =
      !started || changed.get(paths[0] ?? '')?.kind === 'create'
        ? 'create'
        : because.length > 0
          ? 'recreate'
          : 'unchanged';
    const state = states?.find((one) => one.service === service.name);
    const kind = state ? kindOf(state, wantedConfig, because.length > 0) : byFiles;
    return { service: service.name, kind, because };
  });
  const names = new Set(services.map(({ name }) => name));
  const gone = new Map<string, string[]>();
  for (const state of states ?? []) {
    if (!names.has(state.service) && state.container !== null) gone.set(state.service, []);
  }
  for (const change of changed.values()) {
    const name = /^compose\/(.+)\.yml$/.exec(change.path)?.[1];
    if (name !== undefined && change.kind === 'delete') gone.set(name, [change.path]);
  }
  return [
    ...own,
    ...[...gone]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([service, because]): ServiceChange => ({ service, kind: 'remove', because })),
  ];
}

/** What the container that is there, or is not, needs. */
function kindOf(
  state: ServiceState,
  wantedConfig: ReadonlyMap<string, string>,
  filesChange: boolean,
): ServiceChange['kind'] {
  if (state.container === null) return 'create';
  if (filesChange || state.config !== wantedConfig.get(state.service)) return 'recreate';
  if (state.state !== 'running') return 'start';
  return isInForce(state, wantedConfig) ? 'unchanged' : 'wait';
}
