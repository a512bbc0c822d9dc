import { capabilityName } from '../reading/capability.ts';
import { engineHold } from './engine-holders.ts';
import { deviceSources, isTakeoverDevice } from './host-devices.ts';
import { isRootEquivalent } from './host-paths.ts';
import type { ServiceView } from './stack-view.ts';

const takeover = new Set(['ALL', 'SYS_ADMIN', 'SYS_MODULE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF']);
/** What makes whoever takes over the service the host's root, each in a few words. */
export function hostGrants(view: ServiceView): string[] {
  const { service } = view;
  const found: string[] = [];
  if (service.privileged === true) found.push('privileged');
  // A proxy is there to hold the socket; what it lets through is another question.
  const isProxy = view.role === 'socket-proxy' || view.known?.definition.manifest.socket === true;
  if (!isProxy && engineHold(view).kind === 'holds') found.push("the engine's socket");
  for (const capability of service.cap_add ?? []) {
    if (takeover.has(capabilityName(capability))) found.push(capabilityName(capability));
  }
  for (const mount of view.mounts) {
    if (!mount.readOnly && isRootEquivalent(mount.source)) found.push(`${mount.source} writable`);
  }
  for (const device of deviceSources(service)) if (isTakeoverDevice(device)) found.push(device);
  return found;
}
