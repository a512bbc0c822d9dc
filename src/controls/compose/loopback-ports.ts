import type { ChangeValue, ServiceChange, StaticModel } from '../control.ts';
import { isEveryAddress, portsOf, type ServicePort } from './service-ports.ts';

/**
 * The change that binds published ports to 127.0.0.1; null where a variable decides the address.
 *
 * @param isMeant Which of the ports are to be bound.
 */
export function bindToLoopback(
  model: StaticModel,
  subject: string,
  isMeant: (port: ServicePort) => boolean,
): ServiceChange[] | null {
  const service = Object.hasOwn(model.document.services, subject)
    ? model.document.services[subject]
    : undefined;
  if (model.project || !service) return null;
  const read = portsOf(service);
  const value = (service.ports ?? []).map((entry, index) => {
    const port = read[index];
    const isBound = port === undefined || !isMeant(port) || !isEveryAddress(port.address);
    if (typeof entry === 'object') {
      return isBound ? { ...entry } : { ...entry, host_ip: '127.0.0.1' };
    }
    const written =
      model.origin?.(['services', subject, 'ports', String(index)])?.written ?? String(entry);
    return isBound ? written : onLoopback(String(entry), written);
  });
  return value.includes(null)
    ? null
    : [
        {
          service: subject,
          key: ['ports'],
          change: { kind: 'set', value: value as ChangeValue[] },
          reason: 'reached from this host only, not from every network that it is in',
        },
      ];
}

/** A port on the host itself, with its variables; null where a variable names the address. */
function onLoopback(entry: string, written: string): string | null {
  if (/^(\d+\.[\d.]+|\[[^\]]+\]):/.test(entry)) {
    if (!/^(0\.0\.0\.0|\[::\]|\[0:.*\]):/.test(entry)) return written;
    const bare = written.replace(/^(0\.0\.0\.0|\[[^\]]+\]):/, '');
    return bare === written ? null : `127.0.0.1:${bare}`;
  }
  // A port alone gets a free one of the host.
  return entry.includes(':') ? `127.0.0.1:${written}` : `127.0.0.1::${written}`;
}
