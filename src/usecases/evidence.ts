import type { Gap } from '../compose/gap.ts';
import { emptyTally, type Tally } from '../audit/tally.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import { JackerError } from '../error.ts';
import { canonicalJson, type JsonValue } from '../state/canonical-json.ts';
import { plainDigest } from '../state/digest.ts';
import { reportVersion, type Report } from '../verify/report.ts';

/** Older evidence is about another time. */
const mostDays = 30;
const dayMs = 24 * 60 * 60 * 1000;
const hint = 'Make it anew: jacker verify --attack --json > evidence.json';

/** What a report of `jacker verify` says about a stack as it would be rendered now. */
export interface Evidence {
  /** Results by control that are still about this stack. */
  proven: ReadonlyMap<string, Tally>;
  /** What of it no longer counts, and why. */
  gaps: readonly Gap[];
}

/** A digest of each service of a document, by name. */
export function renderedDigests(document: ComposeDocument): Record<string, string> {
  return Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => [
      name,
      plainDigest(canonicalJson(service as JsonValue)),
    ]),
  );
}

/** Reads the JSON of `jacker verify`. Throws `usage` where it is none, or of another version. */
export function readEvidence(text: string, file: string): Report {
  let report: Partial<Report> | null;
  try {
    report = JSON.parse(text) as Partial<Report> | null;
  } catch {
    throw new JackerError('usage', { what: 'is not JSON', where: { file }, hint });
  }
  const whole =
    report !== null &&
    typeof report === 'object' &&
    report.version === reportVersion &&
    Array.isArray(report.observations) &&
    typeof report.rendered === 'object' &&
    !Number.isNaN(Date.parse(report.endedAt ?? ''));
  if (whole) return report as Report;
  throw new JackerError('usage', {
    what: 'is no report of jacker verify, or of another version',
    where: { file },
    hint,
  });
}

/**
 * Checks evidence against what would be rendered now. Of another project, too old, or from the
 * future: nothing of it counts. Where a service has changed since, what was read of it does not.
 */
export function weighEvidence(
  report: Report,
  file: string,
  now: { project: string; rendered: Readonly<Record<string, string>>; time: Date },
): Evidence {
  const gaps: Gap[] = [];
  const refuse = (what: string): void => {
    gaps.push({ kind: 'unresolved', what, hint, file, line: 1, column: 1 });
  };
  const age = now.time.getTime() - Date.parse(report.endedAt);
  if (report.project !== now.project) refuse(`is about the project ${report.project}`);
  else if (age < -dayMs) refuse('is from the future');
  else if (age > mostDays * dayMs) refuse(`is older than ${mostDays} days`);
  if (gaps.length > 0) return { proven: new Map(), gaps };

  const changed = new Set(
    [...Object.keys(now.rendered), ...Object.keys(report.rendered)].filter(
      (name) => now.rendered[name] !== report.rendered[name],
    ),
  );
  for (const name of [...changed].sort()) refuse(`was read before ${name} changed`);
  const proven = new Map<string, Tally>();
  for (const { control, subject, status, exception } of report.observations) {
    if (changed.has(subject)) continue;
    const tally = proven.get(control) ?? emptyTally();
    proven.set(control, tally);
    if (status === 'pass') tally.pass++;
    else if (status === 'unknown') tally.unknown++;
    else if (status === 'not-applicable') tally.notApplicable++;
    else if (exception !== undefined) tally.excepted++;
    else tally.fail++;
  }
  return { proven, gaps };
}
