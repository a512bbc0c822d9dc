/**
 * The form of a value: what Compose accepts there.
 * `list` takes scalars or maps; `texts` scalars only, one of them without a list as well; `pairs` a
 * map of scalars or a list of `KEY=VALUE`; `names` a list of names or a map by name.
 */
export type Form =
  | 'text'
  | 'number'
  | 'flag'
  | 'texts'
  | 'list'
  | 'pairs'
  | 'names'
  | 'map'
  | 'textOrMap'
  | 'words'
  | 'any';

/**
 * The keys of a service, as the Compose specification lists them, with their forms.
 * https://docs.docker.com/reference/compose-file/services/
 */
export const serviceKeys: Readonly<Record<string, Form>> = {
  annotations: 'pairs',
  attach: 'flag',
  blkio_config: 'map',
  build: 'textOrMap',
  cap_add: 'texts',
  cap_drop: 'texts',
  cgroup: 'text',
  cgroup_parent: 'text',
  command: 'words',
  configs: 'list',
  container_name: 'text',
  cpu_count: 'number',
  cpu_percent: 'number',
  cpu_period: 'number',
  cpu_quota: 'number',
  cpu_rt_period: 'number',
  cpu_rt_runtime: 'number',
  cpu_shares: 'number',
  cpus: 'number',
  cpuset: 'text',
  credential_spec: 'map',
  depends_on: 'names',
  deploy: 'map',
  develop: 'map',
  device_cgroup_rules: 'texts',
  devices: 'list',
  dns: 'texts',
  dns_opt: 'texts',
  dns_search: 'texts',
  domainname: 'text',
  driver_opts: 'map',
  entrypoint: 'words',
  env_file: 'list',
  environment: 'pairs',
  expose: 'texts',
  extends: 'textOrMap',
  external_links: 'texts',
  extra_hosts: 'pairs',
  gpus: 'any',
  group_add: 'texts',
  healthcheck: 'map',
  hostname: 'text',
  image: 'text',
  init: 'flag',
  ipc: 'text',
  isolation: 'text',
  label_file: 'list',
  labels: 'pairs',
  links: 'texts',
  logging: 'map',
  mac_address: 'text',
  mem_limit: 'text',
  mem_reservation: 'text',
  mem_swappiness: 'number',
  memswap_limit: 'text',
  models: 'names',
  network_mode: 'text',
  networks: 'names',
  oom_kill_disable: 'flag',
  oom_score_adj: 'number',
  pid: 'text',
  pids_limit: 'number',
  platform: 'text',
  ports: 'list',
  post_start: 'list',
  pre_stop: 'list',
  privileged: 'flag',
  profiles: 'texts',
  provider: 'map',
  pull_policy: 'text',
  pull_refresh_after: 'text',
  read_only: 'flag',
  restart: 'text',
  runtime: 'text',
  scale: 'number',
  secrets: 'list',
  security_opt: 'texts',
  shm_size: 'text',
  stdin_open: 'flag',
  stop_grace_period: 'text',
  stop_signal: 'text',
  storage_opt: 'map',
  sysctls: 'pairs',
  tmpfs: 'texts',
  tty: 'flag',
  ulimits: 'map',
  use_api_socket: 'flag',
  user: 'text',
  userns_mode: 'text',
  uts: 'text',
  volumes: 'list',
  volumes_from: 'texts',
  working_dir: 'text',
};

/** The keys of a Compose document beside `x-` ones. */
export const documentKeys: Readonly<Record<string, Form>> = {
  configs: 'map',
  include: 'list',
  models: 'map',
  name: 'text',
  networks: 'map',
  secrets: 'map',
  services: 'map',
  version: 'text',
  volumes: 'map',
};

/** How replicas are replaced. */
const replacement: Readonly<Record<string, Form>> = {
  parallelism: 'number',
  delay: 'text',
  failure_action: 'text',
  monitor: 'text',
  max_failure_ratio: 'number',
  order: 'text',
};

/**
 * Forms of the keys below a service's own, by the path of what they are in: Compose knows no others
 * there. What is not here is taken as it comes.
 * https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json
 */
export const innerForms: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  healthcheck: {
    test: 'words',
    interval: 'text',
    timeout: 'text',
    retries: 'number',
    start_period: 'text',
    start_interval: 'text',
    disable: 'flag',
  },
  logging: { driver: 'text', options: 'pairs' },
  deploy: {
    mode: 'text',
    endpoint_mode: 'text',
    replicas: 'number',
    labels: 'pairs',
    resources: 'map',
    restart_policy: 'map',
    placement: 'map',
    update_config: 'map',
    rollback_config: 'map',
  },
  'deploy.resources': { limits: 'map', reservations: 'map' },
  'deploy.resources.limits': { cpus: 'text', memory: 'text', pids: 'number' },
  'deploy.resources.reservations': {
    cpus: 'text',
    memory: 'text',
    generic_resources: 'any',
    devices: 'any',
  },
  'deploy.restart_policy': {
    condition: 'text',
    delay: 'text',
    max_attempts: 'number',
    window: 'text',
  },
  'deploy.placement': { constraints: 'texts', preferences: 'any', max_replicas_per_node: 'number' },
  'deploy.update_config': replacement,
  'deploy.rollback_config': replacement,
};
