import type { ComposeService } from '../../harden/compose-model.ts';

/** A mount of a service, whichever notation it was written in. */
export interface ServiceMount {
  type: string;
  /** Volume name or host path; empty where there is none. */
  source: string;
  target: string;
  readOnly: boolean;
  /** How later mounts travel between host and container; empty: the engine's default. */
  propagation: string;
}

const propagations = new Set(['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate']);

/** The volumes and binds of a service; tmpfs entries are not among them. */
export function mountsOf(service: ComposeService): ServiceMount[] {
  return (service.volumes ?? []).map((entry) => {
    if (typeof entry !== 'string') {
      // A file of somebody else may leave out what Compose needs.
      const { type = 'volume', target = '' } = entry as Partial<typeof entry>;
      return {
        type,
        source: entry.source ?? '',
        target,
        readOnly: entry.read_only ?? false,
        propagation: propagationOf(entry),
      };
    }
    const [first = '', second, options] = entry.split(':');
    const source = second === undefined ? '' : first;
    const words = (options ?? '').split(',');
    return {
      type: /^[./~]/.test(source) ? 'bind' : 'volume',
      source,
      target: second ?? first,
      readOnly: words.includes('ro'),
      propagation: words.find((word) => propagations.has(word)) ?? '',
    };
  });
}

function propagationOf(entry: object): string {
  // What is below an entry comes as it is written.
  const bind: unknown = (entry as { bind?: unknown }).bind;
  if (typeof bind !== 'object' || bind === null || !('propagation' in bind)) return '';
  return typeof bind.propagation === 'string' ? bind.propagation : '';
}

/** True where `path` is `ancestor` or lies below it. Both are absolute. */
export function isWithin(path: string, ancestor: string): boolean {
  const base = ancestor.replace(/\/+$/, '');
  return path === ancestor || path === base || path.startsWith(`${base}/`);
}
