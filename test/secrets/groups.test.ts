import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignGroups, ownershipOf } from '../../src/secrets/groups.ts';
import { spec } from './fixtures.ts';

describe('the groups of secrets', () => {
  it('are the same in every run and for every order of the names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z-]{1,8}$/)), (names) => {
        const groups = assignGroups('jacker', names);
        expect(assignGroups('jacker', [...names].reverse())).toEqual(groups);
        expect([...groups.keys()].sort()).toEqual([...names].sort());
      }),
    );
  });

  it('are different for each secret and lie between 40000 and 59999', () => {
    // 3000 of 20000: collisions are certain, so the probing is at work.
    const names = Array.from({ length: 3000 }, (_, index) => `secret-${index}`);
    const gids = [...assignGroups('jacker', names).values()];
    expect(new Set(gids).size).toBe(names.length);
    expect(Math.min(...gids)).toBeGreaterThanOrEqual(40_000);
    expect(Math.max(...gids)).toBeLessThan(60_000);
  });

  it('fill the whole range before they run out', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `s${index}`);
    expect(new Set(assignGroups('jacker', names).values()).size).toBe(20_000);
    expect(() => assignGroups('jacker', [...names, 'one-more'])).toThrow(RangeError);
  });

  it('differ between two projects on one host', () => {
    expect(assignGroups('one', ['db'])).not.toEqual(assignGroups('two', ['db']));
  });
});

describe('the ownership of a secret', () => {
  const operator = { uid: 1000, gid: 1000 };

  it('is the operator, the group of its own and read-only', () => {
    const password = spec({ name: 'db', kind: 'password' });
    expect(ownershipOf(password, 40_123, operator)).toEqual({
      uid: 1000,
      gid: 40_123,
      mode: 0o440,
    });
  });

  it('is root where its reader insists on that', () => {
    const key = spec({ name: 'db-key', kind: 'certificate-key', of: 'db', fileOwner: 'root' });
    expect(ownershipOf(key, 40_123, operator)).toMatchObject({ uid: 0, mode: 0o440 });
  });
});
