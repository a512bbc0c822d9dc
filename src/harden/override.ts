import type { ComposeService } from './compose-model.ts';

/** What overrides say about one service, checked and in final notation. */
export type ServiceOverride = Readonly<
  Pick<
    ComposeService,
    | 'environment'
    | 'extra_hosts'
    | 'init'
    | 'mem_reservation'
    | 'shm_size'
    | 'stop_grace_period'
    | 'stop_signal'
    | 'command'
    | 'entrypoint'
    | 'working_dir'
  >
>;

/**
 * A service with an override's keys, merged as Compose merges files: variables and hosts are added
 * one by one, every other key is replaced.
 */
export function mergeOverride<T extends ComposeService>(service: T, override: ServiceOverride): T {
  return {
    ...service,
    ...override,
    ...(override.environment
      ? { environment: { ...service.environment, ...override.environment } }
      : {}),
    ...(override.extra_hosts
      ? { extra_hosts: { ...service.extra_hosts, ...override.extra_hosts } }
      : {}),
  };
}
