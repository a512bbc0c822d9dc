/** A health check in Compose notation. */
export interface ComposeHealthcheck {
  test?: readonly string[] | string;
  interval?: string;
  timeout?: string;
  retries?: number;
  start_period?: string;
  start_interval?: string;
  disable?: boolean;
}

/** A mount in Compose's long notation. */
export interface ComposeMount {
  type: string;
  source?: string;
  target: string;
  read_only?: boolean;
  bind?: { create_host_path?: boolean; propagation?: string };
  tmpfs?: { size?: string | number; mode?: number };
  volume?: { nocopy?: boolean };
}

/** A published port in Compose's long notation. */
export interface ComposePort {
  target: number;
  published?: string | number;
  host_ip?: string;
  protocol?: string;
  mode?: string;
}

/**
 * One service of a Compose document: the keys that hardening reads and writes. Keys that are not
 * named here are kept as they are.
 */
export interface ComposeService {
  image?: string;
  command?: readonly string[] | string;
  entrypoint?: readonly string[] | string;
  user?: string;
  group_add?: readonly (string | number)[];
  cap_drop?: readonly string[];
  cap_add?: readonly string[];
  security_opt?: readonly string[];
  privileged?: boolean;
  read_only?: boolean;
  tmpfs?: readonly string[] | string;
  volumes?: readonly (ComposeMount | string)[];
  ports?: readonly (ComposePort | string | number)[];
  networks?: Readonly<Record<string, { aliases?: readonly string[] } | null>> | readonly string[];
  network_mode?: string;
  pid?: string;
  ipc?: string;
  uts?: string;
  userns_mode?: string;
  cgroup?: string;
  devices?: readonly unknown[];
  pids_limit?: number;
  mem_limit?: string | number;
  memswap_limit?: string | number;
  mem_reservation?: string | number;
  cpus?: number | string;
  ulimits?: Readonly<Record<string, number | { soft: number; hard: number }>>;
  logging?: { driver?: string; options?: Readonly<Record<string, string>> };
  restart?: string;
  healthcheck?: ComposeHealthcheck;
  stop_grace_period?: string;
  stop_signal?: string;
  init?: boolean;
  environment?: Readonly<Record<string, string | null>>;
  labels?: Readonly<Record<string, string>>;
  secrets?: readonly ({ source: string; target?: string } | string)[];
  configs?: readonly unknown[];
  depends_on?: Readonly<Record<string, { condition: string; restart?: boolean }>>;
  hostname?: string;
  shm_size?: string;
  working_dir?: string;
  /** Addresses by host name. */
  extra_hosts?: Readonly<Record<string, string>>;
  sysctls?: Readonly<Record<string, string | number>>;
  [key: string]: unknown;
}

/** A network of a Compose document. */
export interface ComposeNetwork {
  name?: string;
  driver?: string;
  internal?: boolean;
  attachable?: boolean;
  external?: boolean;
  driver_opts?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
}

/** A Compose document with its values final: no variable is left to expand. */
export interface ComposeDocument {
  name?: string;
  services: Readonly<Record<string, ComposeService>>;
  networks?: Readonly<Record<string, ComposeNetwork | null>>;
  volumes?: Readonly<Record<string, { name?: string } | null>>;
  secrets?: Readonly<Record<string, { file?: string; name?: string; environment?: string }>>;
  [key: string]: unknown;
}
