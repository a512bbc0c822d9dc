/** The form in which an open key takes its value. */
export type OpenForm = 'text' | 'flag' | 'words' | 'variables' | 'hosts';

/**
 * The Compose keys of a service that neither the baseline nor the manifest decides and that cannot
 * soften either, with the form of their value. Whatever is not here is refused: Compose gets new
 * keys with every version, and some of them open the engine's socket or run a program on the host
 * (https://docs.docker.com/reference/compose-file/services/).
 */
export const openKeys: Readonly<Record<string, OpenForm>> = {
  environment: 'variables',
  extra_hosts: 'hosts',
  init: 'flag',
  // Both count against the memory limit, which the baseline sets.
  mem_reservation: 'text',
  shm_size: 'text',
  stop_grace_period: 'text',
  stop_signal: 'text',
  // What runs: open for a service of the user's own only. A program of the platform takes the
  // configuration that carries its hardening from its command line.
  command: 'words',
  entrypoint: 'words',
  working_dir: 'text',
};

/** The open keys that say which program runs. */
export const programKeys: ReadonlySet<string> = new Set(['command', 'entrypoint', 'working_dir']);

/** The keys that a service file may set besides the open ones. */
export const fragmentKeys: ReadonlySet<string> = new Set([
  ...Object.keys(openKeys),
  'image',
  'labels',
]);
