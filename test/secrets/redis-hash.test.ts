import { expect, it } from 'vitest';
import { redisPasswordHash } from '../../src/secrets/redis-hash.ts';

it('is the hash that Redis shows in ACL LIST for a password', () => {
  // FIPS 180-4's example "abc".
  expect(redisPasswordHash('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
