import { JackerError } from '../error.ts';
import { auditReportVersion } from './report-version.ts';

/** What an earlier report says: which findings it had, and each stack's score. */
export interface Baseline {
  fingerprints: ReadonlySet<string>;
  scores: ReadonlyMap<string, number>;
}

/** Reads a report that `audit --json` wrote. Throws `usage` where it is none, or of another version. */
export function readBaseline(text: string, file: string): Baseline {
  const refuse = (what: string): JackerError =>
    new JackerError('usage', {
      what,
      where: { file },
      hint: 'Write it with jacker audit --json of this version.',
    });
  let report: {
    version?: unknown;
    stacks?: { name: string; score: { score: number }; findings: { fingerprint: string }[] }[];
  };
  try {
    report = JSON.parse(text) as typeof report;
  } catch {
    throw refuse('is not JSON');
  }
  if (report.version !== auditReportVersion || !Array.isArray(report.stacks)) {
    throw refuse('is no report of an audit');
  }
  try {
    return {
      fingerprints: new Set(
        report.stacks.flatMap((stack) => stack.findings.map((finding) => finding.fingerprint)),
      ),
      scores: new Map(report.stacks.map((stack) => [stack.name, stack.score.score])),
    };
  } catch {
    throw refuse('is no whole report of an audit');
  }
}
