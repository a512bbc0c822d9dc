import type { ComposeService } from './compose-model.ts';

/** A place in a container that its program must write to. */
export interface TemporaryFolder {
  path: string;
  /** Size such as `16m`. */
  size: string;
  exec: boolean;
}

/** What one service needs beyond the baseline's least; everything else stays denied. */
export interface BaselineNeeds {
  /** `uid:gid` */
  identity: string;
  memory: string;
  cpus: number;
  pids: number;
  temporary: readonly TemporaryFolder[];
  /** Capabilities that a declared exception gives back. */
  capabilities: readonly string[];
  health: {
    test: readonly string[];
    interval: string;
    timeout: string;
    retries: number;
    start: string;
  };
}

/**
 * A service under the baseline: no capability, no new privileges, the engine's default seccomp and
 * AppArmor profiles, a read-only root, its own user, bounded processes, memory, CPU, files and
 * logs, a health check and a restart policy. The baseline's keys win over the fragment's: a
 * fragment cannot be softer, only its manifest's exceptions can.
 */
export function applyBaseline(fragment: ComposeService, needs: BaselineNeeds): ComposeService {
  const [uid, gid] = needs.identity.split(':');
  return {
    ...fragment,
    user: needs.identity,
    cap_drop: ['ALL'],
    ...(needs.capabilities.length > 0 ? { cap_add: [...needs.capabilities].sort() } : {}),
    security_opt: ['no-new-privileges:true'],
    privileged: false,
    read_only: true,
    ...(needs.temporary.length > 0
      ? {
          tmpfs: needs.temporary.map((folder) =>
            [
              `${folder.path}:${folder.exec ? 'exec' : 'noexec'}`,
              'nosuid',
              'nodev',
              `size=${folder.size}`,
              'mode=0700',
              `uid=${uid ?? ''}`,
              `gid=${gid ?? ''}`,
            ].join(','),
          ),
        }
      : {}),
    pids_limit: needs.pids,
    mem_limit: needs.memory,
    // The same figure as the memory limit: no swap, so a leak ends in the container, not the host.
    memswap_limit: needs.memory,
    cpus: needs.cpus,
    ulimits: { nofile: { soft: 4096, hard: 8192 }, core: 0 },
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    restart: 'unless-stopped',
    healthcheck: {
      test: needs.health.test,
      interval: needs.health.interval,
      timeout: needs.health.timeout,
      retries: needs.health.retries,
      start_period: needs.health.start,
      // Asked often while it starts, so that nobody waits for an interval to pass (Engine 25).
      start_interval: '1s',
    },
  };
}
