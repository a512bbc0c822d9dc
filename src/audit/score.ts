import type { Domain, Severity } from '../controls/control.ts';
import type { Tally } from './run-static.ts';

/** Raised when the formula changes: figures of two versions are not compared. */
export const scoreVersion = 1;

/** What the score is made from: one entry for each control that said anything. */
export interface ScoredControl extends Tally {
  id: string;
  severity: Severity;
  domain: Domain;
  /** It earns nothing and only caps. */
  grant: boolean;
}

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
  const ordered = [...controls].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { raw, domains } = rawScore(ordered);
  const cap = capOf(ordered);
  const coverage = coverageOf(ordered, facts.gaps);
  const exact = Math.min(raw, cap.limit);
  const score = round(exact);
  const bare = ordered.map((control) => ({
    ...control,
    fail: control.fail + control.waived + control.excepted,
    waived: 0,
    excepted: 0,
  }));
  const waived = ordered.some((control) => control.waived + control.excepted > 0);
  return {
    version: scoreVersion,
    score,
    withoutWaivers: round(Math.min(rawScore(bare).raw, capOf(bare).limit)),
    grade: gradeOf(score, coverage, waived, facts.staticOnly),
    coverage: Math.round(coverage * 10_000) / 10_000,
    raw: round(raw),
    cap,
    staticOnly: facts.staticOnly,
    domains: domains.map((one) => ({ ...one, score: round(one.score) })),
    gains: gainsOf(ordered, exact),
  };
}

/** A score as people read it: `72.84 C`, with the coverage where it is low and S where static. */
export function formatScore(score: Score): string {
  const suffix = score.staticOnly ? ' S' : '';
  const coverage = score.coverage < 0.9 ? ` (coverage ${Math.floor(score.coverage * 100)}%)` : '';
  return `${score.score.toFixed(2)} ${score.grade}${suffix}${coverage}`;
}

function rawScore(controls: readonly ScoredControl[]): {
  raw: number;
  domains: { domain: Domain; weight: number; score: number }[];
} {
  const domains = (Object.keys(domainWeights) as Domain[]).flatMap((domain) => {
    let sum = 0;
    let weights = 0;
    for (const control of controls) {
      const weight = severityWeights[control.severity];
      if (control.domain !== domain || control.grant || weight === 0) continue;
      if (control.pass + control.fail === 0) continue;
      sum += weight * valueOf(control);
      weights += weight;
    }
    return weights === 0
      ? []
      : [{ domain, weight: domainWeights[domain], score: (100 * sum) / weights }];
  });
  const total = domains.reduce((all, { weight }) => all + weight, 0);
  // Nothing that could pass was seen: nothing is earned.
  const raw =
    total === 0 ? 0 : domains.reduce((all, one) => all + one.weight * one.score, 0) / total;
  return { raw, domains };
}

function valueOf({ pass, fail }: ScoredControl): number {
  return 0.5 * (pass / (pass + fail)) + (fail === 0 ? 0.5 : 0);
}

function capOf(controls: readonly ScoredControl[]): Score['cap'] {
  const open = (severity: Severity): number =>
    controls.reduce((all, one) => all + (one.severity === severity ? one.fail : 0), 0);
  const caps: Score['cap'][] = [];
  const add = (limit: number, count: number, severity: string): void => {
    caps.push({ limit, reason: `${count} open ${severity} finding${count === 1 ? '' : 's'}` });
  };
  const [critical, high, medium] = [open('critical'), open('high'), open('medium')];
  if (critical > 0) add(critical >= 3 ? 39 : 59, critical, 'critical');
  if (high > 0) add(high >= 3 ? 74 : 84, high, 'high');
  if (medium > 0) add(94, medium, 'medium');
  const waived = controls.some(
    (one) => one.severity === 'critical' && one.waived + one.excepted > 0,
  );
  if (waived) caps.push({ limit: 89, reason: 'a critical finding is waived' });
  return caps.reduce((least, one) => (one.limit < least.limit ? one : least), {
    limit: 100,
    reason: '',
  });
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

function gainsOf(controls: readonly ScoredControl[], now: number): Score['gains'] {
  return controls
    .filter((control) => control.fail > 0)
    .map((fixed) => {
      const after = controls.map((one) =>
        one === fixed ? { ...one, pass: one.pass + one.fail, fail: 0 } : one,
      );
      const then = Math.min(rawScore(after).raw, capOf(after).limit);
      return { control: fixed.id, gain: round(then - now) };
    })
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || (a.control < b.control ? -1 : 1))
    .slice(0, 5);
}

function round(value: number): number {
  // The small addend undoes what binary fractions lose: 1.005 is 1.01.
  return Math.round((value + Number.EPSILON) * 100) / 100;
}
