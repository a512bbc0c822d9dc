import type { ServiceChange } from '../controls/control.ts';

/**
 * Why a change may be made: it breaks no service that anybody runs on purpose; it is what the
 * image's own files allow; the engine showed it; or nobody knows, and it is only proposed.
 */
export type Ground = 'safe' | 'known-image' | 'proven' | 'none';

/** A change with what is known of it. */
export interface RemedyChange extends ServiceChange {
  control: string;
  ground: Ground;
  /** Where the image's maintainers say so. */
  source?: string;
}

/** Names what a change is about, so that two controls that want the same count once. */
export function changeId({ service, key, change }: ServiceChange): string {
  const values = change.kind === 'add' || change.kind === 'drop' ? change.values : [];
  return JSON.stringify([service, key, change.kind, values]);
}

/** A change as one line of YAML that a person can take over. */
export function changeLine(
  { key, change }: ServiceChange,
  format: (value: never) => string,
): string {
  const name = key.join('.');
  switch (change.kind) {
    case 'set':
      return `${name}: ${format(change.value as never)}`;
    case 'add':
      return `${name}: ${format([...change.values] as never)}`;
    case 'drop':
      return `${name} without ${change.values.join(', ')}`;
    case 'remove':
      return `no ${name}`;
  }
}
