import type { ComposeService } from '../../harden/compose-model.ts';

/** A published port of a service, whichever notation it was written in. */
export interface ServicePort {
  /** Host address; empty: every address of the host. */
  address: string;
  /** Host port; empty: any. */
  published: string;
  target: string;
  /** `tcp`, `udp` or `sctp`. */
  protocol: string;
}

/** The published ports of a service. */
export function portsOf(service: ComposeService): ServicePort[] {
  return (service.ports ?? []).map((entry) => {
    if (typeof entry === 'object') {
      return {
        address: entry.host_ip ?? '',
        published: String(entry.published ?? ''),
        target: String(entry.target),
        protocol: entry.protocol ?? 'tcp',
      };
    }
    const [text = '', protocol = 'tcp'] = String(entry).split('/');
    const match = /^(?:(?:\[([^\]]+)\]|(\d+\.[0-9.]+)):)?(?:([0-9-]*):)?([0-9-]+)$/.exec(text);
    return {
      address: match?.[1] ?? match?.[2] ?? '',
      published: match?.[3] ?? '',
      target: match?.[4] ?? text,
      protocol,
    };
  });
}

/** True for an address that means every address of the host. */
export function isEveryAddress(address: string): boolean {
  return ['', '0.0.0.0', '::', '[::]'].includes(address);
}

/** True for an address that only programs of the host itself can connect to. */
export function isLoopbackAddress(address: string): boolean {
  return /^(127\.|(\[?::1\]?|localhost)$)/.test(address);
}
