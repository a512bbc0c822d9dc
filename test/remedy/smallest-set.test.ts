import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallestSet } from '../../src/remedy/smallest-set.ts';

describe('the smallest set with which a test holds', () => {
  it('is what is needed, with few tests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(13), { maxLength: 5 }), async (needed) => {
        const all = Array.from({ length: 14 }, (_, index) => index);
        let tests = 0;
        const found = await smallestSet(all, async (some) => {
          tests++;
          return needed.every((one) => some.includes(one));
        });
        expect([...found].sort()).toEqual([...needed].sort());
        expect(tests).toBeLessThanOrEqual(2 + 8 * Math.max(1, needed.length));
      }),
    );
  });

  it('has no member to spare where one thing can stand in for another', async () => {
    const test = async (some: readonly string[]): Promise<boolean> =>
      some.includes('a') && (some.includes('b') || some.includes('c'));
    const found = await smallestSet(['c', 'x', 'b', 'a', 'y'], test);
    expect(await test(found)).toBe(true);
    for (const one of found) expect(await test(found.filter((other) => other !== one))).toBe(false);
  });
});
