import { describe, expect, it } from 'vitest';
import { secretVersion } from '../../src/secrets/version.ts';

describe('the version of a secret', () => {
  const key = Buffer.alloc(32, 1);
  const version = secretVersion(key, 'database', 'one');

  it('is sixteen hex digits that are the same for the same content', () => {
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(secretVersion(key, 'database', 'one')).toBe(version);
  });

  it('changes with the content, the name and the key', () => {
    expect(secretVersion(key, 'database', 'two')).not.toBe(version);
    expect(secretVersion(key, 'cache', 'one')).not.toBe(version);
    expect(secretVersion(Buffer.alloc(32, 2), 'database', 'one')).not.toBe(version);
  });
});
