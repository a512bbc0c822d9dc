import { createHmac } from 'node:crypto';

/**
 * Sixteen hex digits that change when the content of the named secret changes. Keyed with the
 * project's version key: a container label that shows it is of no use for guessing a weak secret,
 * and two equal secrets have different versions.
 */
export function secretVersion(key: Uint8Array, name: string, content: string): string {
  return createHmac('sha256', key).update(`${name}\0${content}`).digest('hex').slice(0, 16);
}
