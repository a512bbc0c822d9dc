import type { Domain, Severity } from '../controls/control.ts';
import type { ScoredControl } from './tally.ts';

/** Raised when the formula changes: figures of two versions are not compared. */
export const scoreVersion = 1;

/** What else a score depends on. */
export interface ScoreFacts {
  /** Files or names that could not be read or resolved: each is as unknown as a grave control. */
  gaps: number;
  /** True where nothing was read from running containers. */
  staticOnly: boolean;
}

export type Grade = 'A+' | 'A' | 'B' | 'C' | 'D' | 'F';

/** The score and everything that it came from. Figures are rounded to two decimals. */
export interface Score {
  version: number;
  /** 0 to 100, waived findings left out of the account. */
  score: number;
  /** The same with every waived finding as a finding. */
  withoutWaivers: number;
  grade: Grade;
  /** Share of what applies that is known, 0 to 1. */
  coverage: number;
  /** The weighted mean before any cap. */
  raw: number;
  /** The lowest cap and why it is there; 100 where there is none. */
  cap: { limit: number; reason: string };
  staticOnly: boolean;
  domains: { domain: Domain; weight: number; score: number }[];
  /** The fixes that gain most, by scoring again without the control's findings. */
  gains: { control: string; gain: number }[];
}

/** What one control counts, by severity. */
export const severityWeights: Readonly<Record<Severity, number>> = {
  critical: 40,
  high: 10,
  medium: 3,
  low: 1,
  info: 0,
};
/** What each domain counts, before those that do not apply are left out. */
export const domainWeights: Readonly<Record<Domain, number>> = {
  isolation: 25,
  edge: 25,
  secrets: 15,
  data: 15,
  'supply-chain': 10,
  operations: 10,
};
const gapWeight = severityWeights.high;

/**
 * The score of a stack. For a control with passes p and failures f its value is half the share of
 * passes and half 1 or 0 for "all pass", so that clean services do not dilute a finding. A domain
 * is the mean of its controls by severity; the raw score the mean of the domains. One open finding
 * caps it: critical 59 (three or more: 39), high 84 (74), medium 94. A waived critical caps at 89.
 * Same inputs give the same figures, in whatever order.
 */
export function scoreOf(controls: readonly ScoredControl[], facts: ScoreFacts): Score {
  const ordered = inOrder(controls);
  const sums = sumsOf(ordered);
  const domains = domainScores(sums);
  const raw = meanOf(domains);
  const capping = cappingOf(ordered);
  const cap = capOf(capping);
  const coverage = coverageOf(ordered, facts.gaps);
  const exact = Math.min(raw, cap.limit);
  const score = round(exact);
  const waived = ordered.some((control) => control.waived + control.excepted > 0);
  return {
    version: scoreVersion,
    score,
    withoutWaivers: waived ? bareScore(ordered) : score,
    grade: gradeOf(score, coverage, waived, facts.staticOnly),
    coverage: Math.round(coverage * 10_000) / 10_000,
    raw: round(raw),
    cap,
    staticOnly: facts.staticOnly,
    domains: domains.map((one) => ({ ...one, score: round(one.score) })),
    gains: gainsOf(ordered, sums, domains, capping, exact),
  };
}

/** Sorted by id; the list itself where it is. */
function inOrder(controls: readonly ScoredControl[]): readonly ScoredControl[] {
  const isSorted = controls.every(
    ({ id }, index) => index === 0 || (controls[index - 1]?.id ?? '') < id,
  );
  return isSorted ? controls : [...controls].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The score with every waived or excepted finding as an open one. */
function bareScore(controls: readonly ScoredControl[]): number {
  const bare = controls.map((control) => ({
    ...control,
    fail: control.fail + control.waived + control.excepted,
    waived: 0,
    excepted: 0,
  }));
  return round(Math.min(meanOf(domainScores(sumsOf(bare))), capOf(cappingOf(bare)).limit));
}

/** A score as people read it: `72.84 C`, with the coverage where it is low and S where static. */
export function formatScore(score: Score): string {
  const suffix = score.staticOnly ? ' S' : '';
  const coverage = score.coverage < 0.9 ? ` (coverage ${Math.floor(score.coverage * 100)}%)` : '';
  return `${score.score.toFixed(2)} ${score.grade}${suffix}${coverage}`;
}

/** By domain the weighted values of its controls, and their weights. */
type Sums = ReadonlyMap<Domain, { sum: number; weights: number }>;

/** Of the controls that apply; those that earn nothing are left out. */
function sumsOf(controls: readonly ScoredControl[]): Sums {
  const sums = new Map<Domain, { sum: number; weights: number }>();
  for (const control of controls) {
    if (control.pass + control.fail === 0 || !earns(control)) continue;
    const weight = severityWeights[control.severity];
    let domain = sums.get(control.domain);
    if (!domain) sums.set(control.domain, (domain = { sum: 0, weights: 0 }));
    domain.sum += weight * valueOf(control);
    domain.weights += weight;
  }
  return sums;
}

function earns({ grant, severity }: ScoredControl): boolean {
  return !grant && severityWeights[severity] > 0;
}

const weightedDomains = Object.entries(domainWeights) as [Domain, number][];

/** Each domain's score, 0 to 100; a domain of which nothing applies is left out. */
function domainScores(sums: Sums): Score['domains'] {
  const domains: Score['domains'] = [];
  for (const [domain, weight] of weightedDomains) {
    const found = sums.get(domain);
    if (found) domains.push({ domain, weight, score: (100 * found.sum) / found.weights });
  }
  return domains;
}

/**
 * The mean of the domains by their weights.
 *
 * @param instead the score that one of them would have
 */
function meanOf(domains: Score['domains'], instead?: { domain: Domain; score: number }): number {
  let total = 0;
  let sum = 0;
  for (const { domain, weight, score } of domains) {
    total += weight;
    sum += weight * (domain === instead?.domain ? instead.score : score);
  }
  // Nothing that could pass was seen: nothing is earned.
  return total === 0 ? 0 : sum / total;
}

function valueOf({ pass, fail }: ScoredControl): number {
  return 0.5 * (pass / (pass + fail)) + (fail === 0 ? 0.5 : 0);
}

/** What caps a score: open findings by severity, and whether a critical one is waived. */
type Capping = Record<Severity, number> & { waivedCritical: boolean };

function cappingOf(controls: readonly ScoredControl[]): Capping {
  const counts: Capping = {
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    info: 0,
    waivedCritical: false,
  };
  for (const { severity, fail, waived, excepted } of controls) {
    if (fail + waived + excepted === 0) continue;
    counts[severity] += fail;
    if (severity === 'critical' && waived + excepted > 0) counts.waivedCritical = true;
  }
  return counts;
}

function capOf({ critical, high, medium, waivedCritical }: Capping): Score['cap'] {
  const open = (limit: number, count: number, severity: Severity): Score['cap'] => ({
    limit,
    reason: `${count} open ${severity} finding${count === 1 ? '' : 's'}`,
  });
  if (critical > 0) return open(critical >= 3 ? 39 : 59, critical, 'critical');
  if (high > 0) return open(high >= 3 ? 74 : 84, high, 'high');
  if (waivedCritical) return { limit: 89, reason: 'a critical finding is waived' };
  if (medium > 0) return open(94, medium, 'medium');
  return { limit: 100, reason: '' };
}

function coverageOf(controls: readonly ScoredControl[], gaps: number): number {
  let known = 0;
  let all = gaps * gapWeight;
  for (const control of controls) {
    const weight = severityWeights[control.severity];
    const sure = control.pass + control.fail + control.excepted + control.waived;
    const applicable = sure + control.unknown;
    if (applicable === 0) continue;
    known += weight * (sure / applicable);
    all += weight;
  }
  return all === 0 ? 1 : known / all;
}

function gradeOf(score: number, coverage: number, waived: boolean, staticOnly: boolean): Grade {
  const steps: readonly [number, Grade][] = [
    [97, 'A+'],
    [90, 'A'],
    [80, 'B'],
    [70, 'C'],
    [60, 'D'],
  ];
  const grade = steps.find(([least]) => score >= least)?.[1] ?? 'F';
  const isTop = grade === 'A+' || grade === 'A';
  // What was not looked at, or only written down, is not worth an A.
  if (isTop && (coverage < 0.9 || staticOnly)) return 'B';
  return grade === 'A+' && (coverage < 0.98 || waived) ? 'A' : grade;
}

/** Only the domain of what is fixed is computed again: a run may score a thousand stacks. */
function gainsOf(
  controls: readonly ScoredControl[],
  sums: Sums,
  domains: Score['domains'],
  capping: Capping,
  now: number,
): Score['gains'] {
  const raw = meanOf(domains);
  const gains: Score['gains'] = [];
  for (const fixed of controls) {
    if (fixed.fail === 0) continue;
    const { id, domain, severity, fail } = fixed;
    const found = sums.get(domain);
    let mended = raw;
    if (found && earns(fixed)) {
      const sum = found.sum + severityWeights[severity] * (1 - valueOf(fixed));
      mended = meanOf(domains, { domain, score: (100 * sum) / found.weights });
    }
    const cap = capOf({ ...capping, [severity]: capping[severity] - fail });
    const gain = round(Math.min(mended, cap.limit) - now);
    if (gain > 0) gains.push({ control: id, gain });
  }
  return gains.sort((a, b) => b.gain - a.gain || (a.control < b.control ? -1 : 1)).slice(0, 5);
}

function round(value: number): number {
  // The small addend undoes what binary fractions lose: 1.005 is 1.01.
  return Math.round((value + Number.EPSILON) * 100) / 100;
}
