import type { ComposeService } from '../harden/compose-model.ts';

/** What the engine gives to a container that asks for nothing: moby/profiles, capabilities. */
export const defaultCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SYS_CHROOT',
  'MKNOD',
  'AUDIT_WRITE',
  'SETFCAP',
] as const;

/** A folder in memory over a read-only root. */
export interface Scratch {
  path: string;
  /** Options of the tmpfs. */
  options: string;
}

/** What a service is left with in a trial; what is undefined stays as its files say. */
export interface Grants {
  user?: string;
  capabilities?: readonly string[];
  noNewPrivileges?: true;
  /** The root is read-only but for these folders. */
  scratch?: readonly Scratch[];
  /** No network that leads out. */
  isolated?: true;
  /** MiB */
  memory?: number;
  pids?: number;
}

/** A service with what a trial leaves it. */
export function withGrants(service: ComposeService, grants: Grants): ComposeService {
  const { user, capabilities, noNewPrivileges, scratch, memory, pids } = grants;
  const security = service.security_opt ?? [];
  return {
    ...service,
    ...(user === undefined ? {} : { user }),
    ...(capabilities === undefined ? {} : { cap_drop: ['ALL'], cap_add: capabilities }),
    ...(noNewPrivileges
      ? {
          security_opt: [
            ...security.filter((option) => !option.startsWith('no-new-privileges')),
            'no-new-privileges:true',
          ],
        }
      : {}),
    ...(scratch === undefined
      ? {}
      : {
          read_only: true,
          tmpfs: [
            ...[service.tmpfs ?? []].flat(),
            ...scratch.map(({ path, options }) => `${path}:${options}`),
          ],
        }),
    ...(memory === undefined ? {} : { mem_limit: `${memory}m`, memswap_limit: `${memory}m` }),
    ...(pids === undefined ? {} : { pids_limit: pids }),
  };
}

/** Grants in words, for the record. */
export function grantsInWords({
  user,
  capabilities,
  noNewPrivileges,
  scratch,
  isolated,
  memory,
  pids,
}: Grants): string {
  const words = [
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(capabilities === undefined
      ? []
      : [capabilities.length === 0 ? 'no capability' : `only ${capabilities.join(', ')}`]),
    ...(noNewPrivileges ? ['no new privileges'] : []),
    ...(scratch === undefined
      ? []
      : [
          `read-only root${scratch.length === 0 ? '' : ` but ${scratch.map(({ path }) => path).join(', ')}`}`,
        ]),
    ...(isolated ? ['no internet'] : []),
    ...(memory === undefined ? [] : [`${memory} MiB`]),
    ...(pids === undefined ? [] : [`${pids} processes`]),
  ];
  return words.length === 0 ? 'as it is' : words.join(', ');
}
