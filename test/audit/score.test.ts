import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainWeights, scoreOf, severityWeights } from '../../src/audit/score.ts';
import type { ScoredControl } from '../../src/audit/tally.ts';
import type { Domain, Severity } from '../../src/controls/control.ts';

const facts = { gaps: 0, staticOnly: false };
const count = fc.integer({ min: 0, max: 12 });
const one: fc.Arbitrary<ScoredControl> = fc.record({
  id: fc.constant(''),
  severity: fc.constantFrom(...(Object.keys(severityWeights) as Severity[])),
  domain: fc.constantFrom(...(Object.keys(domainWeights) as Domain[])),
  grant: fc.boolean(),
  pass: count,
  fail: count,
  excepted: count,
  waived: count,
  unknown: count,
  notApplicable: count,
});
const stacks = fc
  .array(one, { minLength: 1, maxLength: 30 })
  .map((list) => list.map((control, index) => ({ ...control, id: `C-${index}` })));
const stackAndIndex = stacks.chain((list) =>
  fc.tuple(fc.constant(list), fc.integer({ min: 0, max: list.length - 1 })),
);

function changed(
  list: readonly ScoredControl[],
  index: number,
  change: (control: ScoredControl) => Partial<ScoredControl>,
): ScoredControl[] {
  return list.map((control, at) => (at === index ? { ...control, ...change(control) } : control));
}
const score = (list: readonly ScoredControl[]) => scoreOf(list, facts).score;

describe('the score', () => {
  it('does not depend on the order of controls', () => {
    fc.assert(
      fc.property(stacks, (list) => {
        expect(scoreOf([...list].reverse(), facts)).toEqual(scoreOf(list, facts));
      }),
    );
  });

  it('never falls when a finding is mended', () => {
    fc.assert(
      fc.property(stackAndIndex, ([list, index]) => {
        fc.pre((list[index]?.fail ?? 0) > 0);
        const mended = changed(list, index, ({ pass, fail }) => ({
          pass: pass + 1,
          fail: fail - 1,
        }));
        expect(score(mended)).toBeGreaterThanOrEqual(score(list));
      }),
    );
  });

  it('never rises when something that passed fails', () => {
    fc.assert(
      fc.property(stackAndIndex, ([list, index]) => {
        fc.pre((list[index]?.pass ?? 0) > 0);
        const broken = changed(list, index, ({ pass, fail }) => ({
          pass: pass - 1,
          fail: fail + 1,
        }));
        expect(score(broken)).toBeLessThanOrEqual(score(list));
      }),
    );
  });

  it('is raised by a clean subject by half of what is missing at most, and no cap is lifted', () => {
    fc.assert(
      fc.property(stackAndIndex, ([list, index]) => {
        const control = list[index]!;
        fc.pre(control.pass + control.fail > 0);
        const more = changed(list, index, ({ pass }) => ({ pass: pass + 1 }));
        const before = scoreOf(list, facts);
        const after = scoreOf(more, facts);
        expect(after.cap).toEqual(before.cap);
        expect(after.raw).toBeGreaterThanOrEqual(before.raw);
        // Two decimals are kept of either.
        expect(after.raw - before.raw).toBeLessThanOrEqual((100 - before.raw) / 2 + 0.011);
      }),
    );
  });

  it('never counts a waived finding as a pass', () => {
    fc.assert(
      fc.property(stackAndIndex, ([list, index]) => {
        fc.pre((list[index]?.fail ?? 0) > 0);
        const waived = changed(list, index, ({ fail, waived: before }) => ({
          fail: fail - 1,
          waived: before + 1,
        }));
        const mended = changed(list, index, ({ fail, pass }) => ({
          fail: fail - 1,
          pass: pass + 1,
        }));
        expect(scoreOf(waived, facts).withoutWaivers).toBe(scoreOf(list, facts).withoutWaivers);
        expect(score(waived)).toBeLessThanOrEqual(score(mended));
      }),
    );
  });

  it('never counts the unknown as a pass', () => {
    fc.assert(
      fc.property(stackAndIndex, ([list, index]) => {
        const unknown = changed(list, index, (control) => ({ unknown: control.unknown + 1 }));
        const before = scoreOf(list, facts);
        const after = scoreOf(unknown, facts);
        expect(after.score).toBe(before.score);
        expect(after.coverage).toBeLessThanOrEqual(before.coverage);
      }),
    );
  });

  it('stays between 0 and 100, and below every cap', () => {
    fc.assert(
      fc.property(stacks, (list) => {
        const result = scoreOf(list, facts);
        expect(result.score).toBeGreaterThanOrEqual(0);
        expect(result.score).toBeLessThanOrEqual(Math.min(100, result.cap.limit));
        const open = (severity: Severity): number =>
          list.reduce((all, each) => all + (each.severity === severity ? each.fail : 0), 0);
        if (open('critical') > 0) expect(result.score).toBeLessThanOrEqual(59);
        if (open('critical') >= 3) expect(result.score).toBeLessThanOrEqual(39);
        if (open('high') > 0) expect(result.score).toBeLessThanOrEqual(84);
        if (open('high') >= 3) expect(result.score).toBeLessThanOrEqual(74);
        if (open('medium') > 0) expect(result.score).toBeLessThan(95);
      }),
    );
  });
});

describe('what is gained', () => {
  const mended = (list: readonly ScoredControl[], id: string): ScoredControl[] =>
    list.map((one) => (one.id === id ? { ...one, pass: one.pass + one.fail, fail: 0 } : one));

  it('is what the score of the mended stack has more', () => {
    fc.assert(
      fc.property(stacks, (list) => {
        const before = scoreOf(list, facts);
        const all = list
          .filter(({ fail }) => fail > 0)
          .map(({ id }) => ({ id, more: score(mended(list, id)) - before.score }))
          .sort((a, b) => b.more - a.more);
        // Both scores are rounded to two decimals, and the difference of the exact ones is.
        before.gains.forEach(({ control, gain }, at) => {
          expect(gain).toBeGreaterThan(0);
          expect(all.find(({ id }) => id === control)?.more).toBeCloseTo(gain, 1);
          expect(gain).toBeCloseTo(all[at]?.more ?? Number.NaN, 1);
        });
        const told = Math.min(5, all.filter(({ more }) => more > 0.02).length);
        expect(before.gains.length).toBeGreaterThanOrEqual(told);
      }),
    );
  });
});

describe('the grade', () => {
  const clean: ScoredControl = {
    id: 'A',
    severity: 'high',
    domain: 'isolation',
    grant: false,
    pass: 1,
    fail: 0,
    excepted: 0,
    waived: 0,
    unknown: 0,
    notApplicable: 0,
  };
  it('is A+ only where everything is known, proven and nothing waived', () => {
    expect(scoreOf([clean], facts).grade).toBe('A+');
    expect(scoreOf([clean], { gaps: 0, staticOnly: true }).grade).toBe('B');
    expect(scoreOf([clean], { gaps: 1, staticOnly: false }).grade).toBe('B');
    expect(scoreOf([{ ...clean, waived: 1 }], facts).grade).toBe('A');
    expect(scoreOf([{ ...clean, unknown: 1, pass: 30 }], facts).grade).toBe('A');
  });

  it('of nothing is F', () => {
    expect(scoreOf([], facts)).toMatchObject({ score: 0, grade: 'F' });
  });

  it('of a waived critical finding is 89 at most', () => {
    const waived = { ...clean, id: 'B', severity: 'critical' as const, waived: 1 };
    expect(scoreOf([clean, waived], facts).score).toBe(89);
  });
});
