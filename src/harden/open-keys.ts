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

/** Why an override may not set a key. A key that is neither here nor open is refused all the same. */
export const refusalReasons: Readonly<Record<string, string>> = {
  annotations: 'a container runtime may take them for instructions',
  blkio_config: 'limits come from the baseline',
  build: 'images are pinned, not built',
  cap_add: 'capabilities come back only by an exception in a manifest',
  cap_drop: 'capabilities are dropped by the baseline',
  cgroup: 'the container keeps its cgroup namespace',
  cgroup_parent: 'limits come from the baseline',
  configs: 'mounts follow from the manifest: config',
  container_name: 'Jacker recognises containers by their names',
  cpu_count: 'limits come from the manifest: resources.cpus',
  cpu_period: 'limits come from the manifest: resources.cpus',
  cpu_quota: 'limits come from the manifest: resources.cpus',
  cpu_rt_period: 'no container gets real-time scheduling',
  cpu_rt_runtime: 'no container gets real-time scheduling',
  cpus: 'limits come from the manifest: resources.cpus',
  credential_spec: 'secrets follow from the manifest',
  depends_on: 'the order follows from the manifest',
  deploy: 'limits come from the manifest: resources',
  device_cgroup_rules: 'no container gets a device of the host',
  devices: 'no container gets a device of the host',
  dns: 'names are resolved by the engine',
  dns_opt: 'names are resolved by the engine',
  dns_search: 'names are resolved by the engine',
  domainname: 'other containers would find it by that name',
  env_file: 'values are final; use environment',
  expose: 'only the edge router publishes ports',
  extends: 'an override is complete in itself',
  external_links: 'networks follow from the manifest',
  gpus: 'no container gets a device of the host',
  group_add: 'group access to secrets follows from the manifest',
  healthcheck: 'the health check decides whether an update is kept',
  hostname: 'other containers would find it by that name',
  image: 'images are pinned; set NAME_IMAGE in .env',
  ipc: 'the container keeps its IPC namespace',
  label_file: 'Jacker recognises containers by their labels',
  labels: 'Jacker recognises containers by their labels',
  links: 'networks follow from the manifest',
  logging: 'logs stay bounded',
  mem_limit: 'limits come from the manifest: resources.memory',
  mem_swappiness: 'limits come from the baseline',
  memswap_limit: 'limits come from the manifest: resources.memory',
  network_mode: 'networks follow from the manifest',
  networks: 'networks follow from the manifest',
  oom_kill_disable: 'a container out of memory must end',
  oom_score_adj: 'a container out of memory must end',
  pid: 'the container keeps its process namespace',
  pids_limit: 'limits come from the manifest: resources.pids',
  ports: 'only the edge router publishes ports',
  post_start: 'a hook can run as another user and privileged',
  pre_stop: 'a hook can run as another user and privileged',
  privileged: 'a privileged container owns the host',
  profiles: 'SERVICES_ENABLED and SERVICES_DISABLED decide what runs',
  provider: 'it runs a program on the host',
  read_only: 'the root file system stays read-only; declare a place to write instead',
  restart: 'the baseline decides when a service is started again',
  runtime: "containers run under the engine's own runtime",
  scale: 'each service has one container',
  secrets: 'secrets follow from the manifest',
  security_opt: 'no-new-privileges and the default seccomp profile stay',
  storage_opt: 'limits come from the baseline',
  sysctls: 'kernel settings stay as they are',
  tmpfs: 'mounts follow from the manifest: writes',
  ulimits: 'limits come from the baseline',
  use_api_socket: "no container gets the engine's socket",
  user: 'the image runs as its own unprivileged user',
  userns_mode: 'the container keeps its user namespace',
  uts: 'the container keeps its host name namespace',
  volumes: 'mounts follow from the manifest: writes and config',
  volumes_from: 'mounts follow from the manifest',
};

/**
 * Variables that a program of the platform, or the loader of any program, obeys before the file
 * that carries the hardening.
 */
export const strongVariables: readonly { pattern: RegExp; why: string }[] = [
  { pattern: /^LD_|^GCONV_PATH$|^MALLOC_/i, why: 'it changes the code that the program loads' },
  {
    pattern: /^(GODEBUG|GOTRACEBACK|NODE_OPTIONS|SSL_CERT_(FILE|DIR)|.*_PROXY)$/i,
    why: 'it changes how the program speaks to others',
  },
  {
    pattern: /^(OAUTH2_PROXY_|TRAEFIK_|POSTGRES_|PG|REDIS|HAPROXY|NGINX)/i,
    why: 'the program obeys it before its configuration file',
  },
];
