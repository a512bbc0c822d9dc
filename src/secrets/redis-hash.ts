import { createHash } from 'node:crypto';

/**
 * SHA-256 of the password in lower-case hex: what follows `#` in a Redis ACL rule. It is unsalted,
 * so it protects only passwords with a generated secret's entropy; treat it as a secret.
 */
export function redisPasswordHash(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('hex');
}
