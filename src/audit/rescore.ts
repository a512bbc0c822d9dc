import { JackerError } from '../error.ts';
import { hiddenParts } from './audit-stack.ts';
import type { AuditReport } from './report-schema.ts';
import { auditReportVersion } from './report-version.ts';
import { scoreOf, scoreVersion, type Score } from './score.ts';

/** A stack's score as a report says it and as it follows from the report's own figures. */
export interface Rescored {
  name: string;
  reported: number;
  score: Score;
}

/**
 * Computes every score of a JSON report again from its tallies and gaps. Throws `usage` where the
 * text is no report of this version.
 */
export function rescore(text: string, file: string): Rescored[] {
  const refuse = (what: string): JackerError =>
    new JackerError('usage', {
      what,
      where: { file },
      hint: 'Write it with jacker audit --json of this version.',
    });
  let report: Partial<AuditReport>;
  try {
    report = JSON.parse(text) as Partial<AuditReport>;
  } catch {
    throw refuse('is not JSON');
  }
  try {
    if (report.version !== auditReportVersion || !report.stacks)
      throw refuse('is no report of this version');
    return report.stacks.map(({ name, score, controls, gaps }) => {
      if (score.version !== scoreVersion) throw refuse('has a score of another formula');
      const facts = { gaps: hiddenParts(gaps), staticOnly: score.staticOnly };
      return { name, reported: score.score, score: scoreOf(controls, facts) };
    });
  } catch (error) {
    if (error instanceof JackerError) throw error;
    throw refuse('is no whole report of an audit');
  }
}
