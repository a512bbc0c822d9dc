import { createHash, createHmac } from 'node:crypto';

/** Names content by a hash, in hexadecimal. */
export type ContentDigest = (content: Uint8Array | string) => string;

/** SHA-256 of content that anybody may know. */
export const plainDigest: ContentDigest = (content) =>
  createHash('sha256').update(content).digest('hex');

/**
 * HMAC-SHA-256, for content that is secret: the plain hash of a short password could be found by
 * trying all of them.
 *
 * @param key 16 random bytes or more, itself kept as a secret of the project
 */
export function keyedDigest(key: Uint8Array): ContentDigest {
  if (key.length < 16) throw new RangeError('the key of a keyed digest has 16 bytes or more');
  return (content) => createHmac('sha256', key).update(content).digest('hex');
}
