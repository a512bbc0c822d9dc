import type { Control } from './control.ts';
import { databaseRoles } from './data/database-roles.ts';
import { databaseTransport } from './data/database-transport.ts';
import { redisCommands } from './data/redis-commands.ts';
import { superuser } from './data/superuser.ts';
import { dashboard } from './edge/dashboard.ts';
import { rateLimits } from './edge/rate-limits.ts';
import { routerTls } from './edge/router-tls.ts';
import { sessionCookieFlags } from './edge/session-cookie.ts';
import { sessions } from './edge/sessions.ts';
import { signInPage } from './edge/sign-in-page.ts';
import { signInState } from './edge/sign-in-state.ts';
import { tlsVersions } from './edge/tls-versions.ts';
import { appArmor } from './isolation/apparmor.ts';
import { capabilities } from './isolation/capabilities.ts';
import { cpuLimit } from './isolation/cpu-limit.ts';
import { dataNetwork } from './isolation/data-network.ts';
import { devices } from './isolation/devices.ts';
import { dockerApi } from './isolation/docker-api.ts';
import { engineSocket } from './isolation/engine-socket.ts';
import { hostIpc } from './isolation/host-ipc.ts';
import { hostNetwork } from './isolation/host-network.ts';
import { hostPid } from './isolation/host-pid.ts';
import { hostUserns } from './isolation/host-userns.ts';
import { hostUts } from './isolation/host-uts.ts';
import { internalNetworks } from './isolation/internal-networks.ts';
import { memoryLimit } from './isolation/memory-limit.ts';
import { noNewPrivileges } from './isolation/no-new-privileges.ts';
import { nonRoot } from './isolation/non-root.ts';
import { pidsLimit } from './isolation/pids-limit.ts';
import { privileged } from './isolation/privileged.ts';
import { publishedAddress } from './isolation/published-address.ts';
import { publishedServices } from './isolation/published-services.ts';
import { reachability } from './isolation/reachability.ts';
import { readOnlyBinds } from './isolation/read-only-binds.ts';
import { readOnlyRoot } from './isolation/read-only-root.ts';
import { seccomp } from './isolation/seccomp.ts';
import { sensitiveMounts } from './isolation/sensitive-mounts.ts';
import { tmpfsFlags } from './isolation/tmpfs-flags.ts';
import { healthcheck } from './operations/healthcheck.ts';
import { logRotation } from './operations/log-rotation.ts';
import { restartPolicy } from './operations/restart-policy.ts';
import { credentials } from './secrets/credentials.ts';
import { digest } from './supply-chain/digest.ts';
import { exactTag } from './supply-chain/exact-tag.ts';
import { movedTag } from './supply-chain/moved-tag.ts';
import { runningImage } from './supply-chain/running-image.ts';

/** Every control, in the order of reports: by domain, the gravest first. */
export const controls: readonly Control[] = [
  engineSocket,
  dockerApi,
  privileged,
  sensitiveMounts,
  devices,
  hostNetwork,
  hostPid,
  hostIpc,
  hostUts,
  hostUserns,
  seccomp,
  appArmor,
  capabilities,
  noNewPrivileges,
  nonRoot,
  pidsLimit,
  memoryLimit,
  cpuLimit,
  readOnlyRoot,
  tmpfsFlags,
  readOnlyBinds,
  reachability,
  internalNetworks,
  publishedAddress,
  publishedServices,
  dashboard,
  tlsVersions,
  sessionCookieFlags,
  sessions,
  signInState,
  routerTls,
  signInPage,
  credentials,
  rateLimits,
  superuser,
  databaseRoles,
  dataNetwork,
  redisCommands,
  databaseTransport,
  exactTag,
  digest,
  runningImage,
  movedTag,
  healthcheck,
  logRotation,
  restartPolicy,
];

/** The control with an id; undefined where there is none. */
export function controlById(id: string): Control | undefined {
  return controls.find((control) => control.id === id);
}
