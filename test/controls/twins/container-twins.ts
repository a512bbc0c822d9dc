/** One control given up on an otherwise hardened service. */
export interface ContainerTwin {
  control: string;
  /** The service's name: the control's, as Compose takes it. */
  service: string;
  /** What differs; a key that is undefined is taken out. */
  soften: Readonly<Record<string, unknown>>;
  /** True where the control also has an attack, which must succeed here. */
  attacked: boolean;
  /** An image that the files name, where the control asks what the program is. */
  image?: string;
}

const twin = (control: string, soften: ContainerTwin['soften'], attacked = false) => ({
  control,
  service: control.toLowerCase(),
  soften,
  attacked,
});

/** For each control of a container: the same service without it. `SOCKET` is the engine's socket. */
export const containerTwins: readonly ContainerTwin[] = [
  // Docker's default has no SYS_PTRACE; with it, every act of the attack succeeds.
  twin('MED-002', { cap_drop: [], cap_add: ['SYS_PTRACE'] }, true),
  twin('J-CAP-02', { cap_add: ['SYS_PTRACE'] }),
  twin('J-NNP-01', { security_opt: [] }, true),
  twin('J-SEC-01', { security_opt: ['no-new-privileges:true', 'seccomp=unconfined'] }, true),
  twin('J-SEC-03', { security_opt: ['no-new-privileges:true', 'label=disable'] }),
  twin('J-SEC-04', { security_opt: ['no-new-privileges:true', 'systempaths=unconfined'] }),
  twin('J-USR-02', { group_add: ['0'] }),
  twin('MED-001', { user: '0:0' }),
  twin('J-FS-01', { read_only: false }, true),
  twin('J-FS-02', { tmpfs: ['/scratch:exec'] }),
  twin('MED-003', { pids_limit: -1 }, true),
  twin('J-RES-01', { mem_limit: 0, memswap_limit: 0 }),
  twin('J-RES-04', { ulimits: undefined }),
  // Under control groups v1; a negative score would need an engine with CAP_SYS_RESOURCE.
  twin('J-RES-05', { oom_kill_disable: true }),
  twin('J-RES-02', { cpus: 0 }),
  twin('J-NS-01', { network_mode: 'host', networks: [] }),
  twin('J-NS-02', { pid: 'host' }),
  twin('J-NS-03', { ipc: 'host' }),
  twin('J-NS-04', { uts: 'host' }),
  twin('J-NS-06', { cgroup_parent: 'system.slice' }),
  twin('J-NS-07', { network_mode: 'service:hardened', networks: [] }),
  twin('J-NS-05', { userns_mode: 'host' }),
  twin('J-SOCK-01', { volumes: ['SOCKET:/var/run/docker.sock:ro'] }, true),
  twin('J-FS-03', { volumes: ['/boot:/host-boot'] }),
  twin('J-FS-04', { volumes: ['/etc:/host-etc:ro'] }),
  // Only below a mount that is shared itself can there be one, and the engine makes its own so.
  twin('J-FS-05', { volumes: ['DATA_ROOT/volumes:/volumes:ro,rshared'] }),
  {
    ...twin('HIGH-002', { volumes: ['.:/project:ro'] }),
    image: 'codercom/code-server:4.104.0',
  },
  twin('J-FS-07', { volumes: ['.:/project'] }, true),
  twin('J-DEV-01', { devices: ['/dev/null:/dev/given'] }),
  twin('HIGH-001', { privileged: true }, true),
  twin('J-NET-01', { ports: ['0.0.0.0::80'] }),
  twin('J-NET-03', { ports: ['127.0.0.1:1019:8080'] }),
  twin('J-NET-07', { ports: ['0.0.0.0::8080'] }),
  twin('J-NET-08', { ports: ['127.0.0.1::8080', '[::]::8080'] }),
  twin('J-NET-09', { network_mode: 'bridge', networks: [] }),
  twin('J-SOCK-02', { environment: { DOCKER_HOST: 'tcp://192.0.2.1:2375' } }),
  twin('J-RUN-01', { user: '1001:1001' }),
  twin('J-RUN-03', { command: ['nc', '-l', '-k', '22'] }),
  twin('J-NET-02', { ports: ['127.0.0.1::5432'] }),
  twin('J-IMG-02', {}),
  twin('J-HC-01', { healthcheck: undefined }),
  twin('J-LOG-02', { logging: { driver: 'json-file' } }),
  twin('J-RST-01', { restart: 'no' }),
  twin('J-LOG-01', { logging: { driver: 'none' } }),
  twin('J-HC-02', {
    healthcheck: {
      test: ['CMD', 'true'],
      interval: '60s',
      start_period: '60s',
      start_interval: '1s',
    },
  }),
];
