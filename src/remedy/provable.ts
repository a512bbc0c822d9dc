import { isAbsolute, normalize } from 'node:path';
import { mountsOf } from '../controls/compose/service-mounts.ts';
import { capabilityName } from '../controls/reading/capability.ts';
import type { ComposeDocument, ComposeService } from '../harden/compose-model.ts';
import { defaultCapabilities } from './trial-grants.ts';

/** Capabilities that act within a container's own namespaces only, beside the default ones. */
const harmless = new Set<string>([...defaultCapabilities, 'NET_ADMIN', 'IPC_LOCK', 'SYS_NICE']);

/**
 * Why a service is not tried: it asks for a part of the host, and a trial must not give it any.
 * Null where a trial may start it.
 */
export function reasonNotToTry(name: string, document: ComposeDocument): string | null {
  const service = Object.hasOwn(document.services, name) ? document.services[name] : undefined;
  if (!service) return 'it is not in the file';
  return hostAccess(service) ?? hostMount(service) ?? dependency(name, document);
}

function hostAccess(service: ComposeService): string | null {
  if (service.image === undefined) return 'it has no image, only a build section';
  if (service.privileged === true) return 'it asks for privileged';
  for (const key of ['pid', 'ipc', 'uts', 'userns_mode', 'cgroup'] as const) {
    const value = service[key];
    if (
      value !== undefined &&
      !(key === 'ipc' && ['private', 'shareable', 'none'].includes(value))
    ) {
      if (!(key === 'cgroup' && value === 'private')) return `it asks for ${key}: ${value}`;
    }
  }
  const mode = service.network_mode ?? '';
  if (mode === 'host' || mode.includes(':')) return `it asks for network_mode: ${mode}`;
  for (const key of [
    'devices',
    'device_cgroup_rules',
    'gpus',
    'volumes_from',
    'use_api_socket',
    'cgroup_parent',
    'runtime',
    'credential_spec',
    'provider',
    'post_start',
    'pre_stop',
    'configs',
  ]) {
    const value = service[key];
    const none =
      value === undefined || value === false || (Array.isArray(value) && value.length === 0);
    if (!none) return `it asks for ${key}`;
  }
  const reservations = JSON.stringify(service['deploy'] ?? null);
  if (reservations.includes('"devices"')) return 'it asks for devices';
  const grave = (service.cap_add ?? []).map(capabilityName).find((one) => !harmless.has(one));
  if (grave !== undefined) return `it asks for the capability ${grave}`;
  const open = (service.security_opt ?? []).find(
    (option) => !option.startsWith('no-new-privileges'),
  );
  return open === undefined ? null : `it asks for security_opt: ${open}`;
}

function hostMount(service: ComposeService): string | null {
  for (const { type, source, target } of mountsOf(service)) {
    if (source.includes('$')) return `it mounts ${source}, a variable without a value`;
    if (type === 'volume' || type === 'tmpfs') continue;
    if (type !== 'bind') return `it mounts a ${type}`;
    if (isOwnFile(source)) continue;
    return `it mounts ${source} of the host at ${target}`;
  }
  return null;
}

/** True for a path beside or below the Compose file, which a trial may copy. */
export function isOwnFile(source: string): boolean {
  const path = normalize(source);
  return !isAbsolute(path) && !/^(~|\$)/.test(source) && path !== '..' && !path.startsWith('../');
}

function dependency(name: string, document: ComposeDocument): string | null {
  const seen = new Set([name]);
  const queue = [name];
  for (const one of queue) {
    for (const needed of dependenciesOf(document.services[one])) {
      if (seen.has(needed)) continue;
      seen.add(needed);
      queue.push(needed);
      const service = document.services[needed];
      const why = service ? (hostAccess(service) ?? hostMount(service)) : 'it is not in the file';
      if (why !== null) return `it depends on ${needed}, which is not tried: ${why}`;
    }
  }
  return null;
}

/** Names of the services that a service waits for. */
export function dependenciesOf(service: ComposeService | undefined): string[] {
  return Object.keys(service?.depends_on ?? {});
}
