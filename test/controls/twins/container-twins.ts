/** One control given up on an otherwise hardened service. */
export interface ContainerTwin {
  control: string;
  /** The service's name: the control's, as Compose takes it. */
  service: string;
  /** What differs; a key that is undefined is taken out. */
  soften: Readonly<Record<string, unknown>>;
  /** True where the control also has an attack, which must succeed here. */
  attacked: boolean;
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
  twin('J-NNP-01', { security_opt: [] }, true),
  twin('J-SEC-01', { security_opt: ['no-new-privileges:true', 'seccomp=unconfined'] }, true),
  twin('MED-001', { user: '0:0' }),
  twin('J-FS-01', { read_only: false }, true),
  twin('J-FS-02', { tmpfs: ['/scratch:exec'] }),
  twin('MED-003', { pids_limit: -1 }, true),
  twin('J-RES-01', { mem_limit: 0, memswap_limit: 0 }),
  twin('J-RES-02', { cpus: 0 }),
  twin('J-NS-01', { network_mode: 'host', networks: [] }),
  twin('J-NS-02', { pid: 'host' }),
  twin('J-NS-03', { ipc: 'host' }),
  twin('J-NS-04', { uts: 'host' }),
  twin('J-NS-05', { userns_mode: 'host' }),
  twin('J-SOCK-01', { volumes: ['SOCKET:/var/run/docker.sock:ro'] }, true),
  twin('J-FS-03', { volumes: ['/etc:/host-etc:ro'] }),
  twin('J-FS-07', { volumes: ['.:/project'] }, true),
  twin('J-DEV-01', { devices: ['/dev/null:/dev/given'] }),
  twin('HIGH-001', { privileged: true }, true),
  twin('J-NET-01', { ports: ['0.0.0.0::80'] }),
  twin('J-NET-02', { ports: ['127.0.0.1::5432'] }),
  twin('J-IMG-02', {}),
  twin('J-HC-01', { healthcheck: undefined }),
  twin('J-LOG-02', { logging: { driver: 'json-file' } }),
  twin('J-RST-01', { restart: 'no' }),
];
