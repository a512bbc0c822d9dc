/** One line of a list of containers. */
export interface ContainerSummary {
  id: string;
  name: string;
  /** As the container was created from it. */
  image: string;
  imageId: string;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  state: string;
  /** The human text, for example `Up 2 minutes (healthy)`. */
  status: string;
  labels: Readonly<Record<string, string>>;
  /** Compose project and service; absent for containers that Compose did not make. */
  project?: string;
  service?: string;
  ports: readonly PublishedPort[];
}

/** A port of the host that leads into a container. */
export interface PublishedPort {
  /** Address on the host; empty means all of them. */
  address: string;
  hostPort: number;
  containerPort: number;
  protocol: string;
}

export interface MountFacts {
  type: string;
  /** Volume name or host path; empty for tmpfs. */
  source: string;
  target: string;
  writable: boolean;
  propagation: string;
}

export interface HealthcheckFacts {
  test: readonly string[];
  /** Nanoseconds. */
  interval: number;
  timeout: number;
  retries: number;
  startPeriod: number;
}

/** The container's own configuration. */
export interface ContainerConfig {
  user: string;
  image: string;
  labels: Readonly<Record<string, string>>;
  /** `NAME=value` lines, those of the image included. */
  env: readonly string[];
  cmd: readonly string[];
  entrypoint: readonly string[];
  healthcheck: HealthcheckFacts | null;
  tty: boolean;
}

/** What the engine was told about isolation and limits; an unset list is empty, an unset limit 0. */
export interface HostSettings {
  privileged: boolean;
  capAdd: readonly string[];
  capDrop: readonly string[];
  securityOpt: readonly string[];
  readonlyRootfs: boolean;
  /** 0 or less is unlimited. */
  pidsLimit: number;
  /** Bytes. */
  memory: number;
  memorySwap: number;
  memoryReservation: number;
  /** Billionths of a CPU. */
  nanoCpus: number;
  ulimits: readonly { name: string; soft: number; hard: number }[];
  networkMode: string;
  pidMode: string;
  ipcMode: string;
  utsMode: string;
  usernsMode: string;
  cgroupnsMode: string;
  cgroupParent: string;
  binds: readonly string[];
  tmpfs: Readonly<Record<string, string>>;
  portBindings: readonly PublishedPort[];
  groupAdd: readonly string[];
  /** Null: the engine's default. */
  init: boolean | null;
  restartPolicy: { name: string; maximumRetryCount: number };
  logConfig: { type: string; config: Readonly<Record<string, string>> };
  devices: readonly { host: string; container: string; permissions: string }[];
  deviceCgroupRules: readonly string[];
  deviceRequests: number;
  oomKillDisable: boolean;
  oomScoreAdj: number;
  sysctls: Readonly<Record<string, string>>;
  extraHosts: readonly string[];
  maskedPaths: readonly string[];
  readonlyPaths: readonly string[];
  runtime: string;
}

export interface ContainerState {
  status: string;
  running: boolean;
  /** `starting`, `healthy`, `unhealthy`, or null without a healthcheck. */
  health: string | null;
  /** Output of the last health check; null where there was none. */
  lastHealthOutput: string | null;
  /** Process id on the engine's host; 0 where the container does not run. */
  pid: number;
  restartCount: number;
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  oomKilled: boolean;
  error: string;
}

/** One container's place in one network. */
export interface ContainerNetwork {
  networkId: string;
  /** Empty where the container is not running. */
  ipAddress: string;
  ipv6Address: string;
  gateway: string;
  aliases: readonly string[];
}

/** All that Jacker reads from `docker inspect` of a container. */
export interface ContainerFacts {
  id: string;
  name: string;
  /** `sha256:…` id of the image that it runs. */
  imageId: string;
  created: string;
  /** Effective AppArmor profile; empty where the host has none. */
  appArmorProfile: string;
  config: ContainerConfig;
  host: HostSettings;
  state: ContainerState;
  mounts: readonly MountFacts[];
  networks: Readonly<Record<string, ContainerNetwork>>;
}

export interface ImageFacts {
  id: string;
  tags: readonly string[];
  /** `repository@sha256:…` entries. */
  repoDigests: readonly string[];
  architecture: string;
  os: string;
  created: string;
  /** Bytes. */
  size: number;
  user: string;
  env: readonly string[];
  entrypoint: readonly string[];
  cmd: readonly string[];
  exposedPorts: readonly string[];
  volumes: readonly string[];
  labels: Readonly<Record<string, string>>;
  healthcheck: HealthcheckFacts | null;
}

export interface NetworkFacts {
  id: string;
  name: string;
  driver: string;
  internal: boolean;
  attachable: boolean;
  ipv6: boolean;
  subnets: readonly string[];
  options: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Attached containers by id; filled by `inspectNetwork` only. */
  containers: Readonly<Record<string, { name: string; ipv4: string; ipv6: string }>>;
}

export interface VolumeFacts {
  name: string;
  driver: string;
  mountpoint: string;
  createdAt: string;
  labels: Readonly<Record<string, string>>;
  options: Readonly<Record<string, string>>;
}

export interface EngineVersion {
  version: string;
  apiVersion: string;
  minApiVersion: string;
  os: string;
  architecture: string;
  kernel: string;
}

/** What the engine says about itself and its host. */
export interface EngineInfo {
  version: string;
  hostname: string;
  operatingSystem: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  storageDriver: string;
  dataRoot: string;
  cgroupDriver: string;
  /** `1` or `2`. */
  cgroupVersion: string;
  /** Names such as `seccomp`, `apparmor`, `selinux`, `userns`, `rootless`, `cgroupns`. */
  security: readonly string[];
  /** Name of the seccomp profile; null where seccomp is off. */
  seccompProfile: string | null;
  liveRestore: boolean;
  /** The log driver of containers that name none. */
  loggingDriver: string;
  /** Who makes the engine's packet filter rules; empty where the engine does not say. */
  firewall: string;
  /** Configured pools; empty where the built-in ones hold. */
  addressPools: readonly { base: string; size: number }[];
  /** Time of the engine's host, ISO 8601. */
  systemTime: string;
  warnings: readonly string[];
  swarm: string;
}

/** One reading of a container's use of resources. */
export interface ContainerStats {
  /** Bytes in use without the page cache that can be dropped, as `docker stats` shows them. */
  memory: number;
  memoryLimit: number;
  pids: number;
  pidsLimit: number;
  /** Nanoseconds of CPU time since the start. */
  cpuTotal: number;
  /** Bytes since the start, all networks together. */
  received: number;
  sent: number;
}
