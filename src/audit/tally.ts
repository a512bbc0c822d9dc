import type { Control, Domain, Severity } from '../controls/control.ts';

/** How often a control's check came out how. A failure with an exception counts as excepted. */
export interface Tally {
  pass: number;
  fail: number;
  excepted: number;
  waived: number;
  unknown: number;
  notApplicable: number;
}

/** What a score is made from: one entry for each control that said anything. */
export interface ScoredControl extends Tally {
  id: string;
  severity: Severity;
  domain: Domain;
  /** It earns nothing and only caps. */
  grant: boolean;
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { pass: 0, fail: 0, excepted: 0, waived: 0, unknown: 0, notApplicable: 0 };
}

/** A control of which nothing is counted yet. */
export function uncounted({ id, severity, domain, grant = false }: Control): ScoredControl {
  // Written out, not spread: there is one for each control of each of a thousand stacks.
  return {
    id,
    severity,
    domain,
    grant,
    pass: 0,
    fail: 0,
    excepted: 0,
    waived: 0,
    unknown: 0,
    notApplicable: 0,
  };
}
