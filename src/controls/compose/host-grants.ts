import { capabilityName } from '../reading/capability.ts';
import { engineSockets } from './engine-access.ts';
import { deviceSources, isTakeoverDevice } from './host-devices.ts';
import { isRootEquivalent } from './host-paths.ts';
import type { ServiceView } from './stack-view.ts';

const takeover = new Set(['ALL', 'SYS_ADMIN', 'SYS_MODULE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF']);
/**
 * Variables with which the usual socket proxies let calls through that make a container.
 * https://github.com/Tecnativa/docker-socket-proxy
 */
const writing = ['POST', 'ALLOW_START', 'EXEC', 'CONTAINERS_CREATE'];

/** What makes whoever takes over the service the host's root, each in a few words. */
export function hostGrants(view: ServiceView): string[] {
  const { service } = view;
  const found: string[] = [];
  if (service.privileged === true) found.push('privileged');
  // A proxy is there to hold the socket; what it lets through is another question.
  const isProxy = view.role === 'socket-proxy' || view.known?.definition.manifest.socket === true;
  if (!isProxy && engineSockets(service).length > 0) found.push("the engine's socket");
  for (const capability of service.cap_add ?? []) {
    if (takeover.has(capabilityName(capability))) found.push(capabilityName(capability));
  }
  for (const mount of view.mounts) {
    if (!mount.readOnly && isRootEquivalent(mount.source)) found.push(`${mount.source} writable`);
  }
  for (const device of deviceSources(service)) if (isTakeoverDevice(device)) found.push(device);
  return found;
}

/** True where a proxy of the engine's API lets calls through that start containers. */
export function opensEngine(view: ServiceView): boolean {
  if (view.program === 'wollomatic-socket-proxy') {
    const flags = [...view.command, ...[...view.environment].map(([name, value]) => `${name}=${value}`)];
    return flags.some((flag) => /^(--?allowPOST|SP_ALLOW_POST)=\s*(\.\*|\/\.\*|.*containers)/i.test(flag));
  }
  if (view.program !== 'socket-proxy') return false;
  return writing.some((name) => /^(1|true|yes)$/i.test(view.environment.get(name) ?? ''));
}
