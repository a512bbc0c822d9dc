import type { Gap } from '../compose/gap.ts';
import type { SourcePosition } from '../compose/source.ts';
import type { Control, StaticModel, StaticResult } from '../controls/control.ts';

/** How often a control's check came out how. A failure with an exception counts as excepted. */
export interface Tally {
  pass: number;
  fail: number;
  excepted: number;
  waived: number;
  unknown: number;
  notApplicable: number;
}

/** One thing that does not hold, or that nobody can tell, with its place. */
export interface Finding {
  control: string;
  subject: string;
  status: 'fail' | 'unknown';
  expected: string;
  seen: string;
  position: SourcePosition;
  /** Path in the Compose document. */
  path: readonly string[];
  /** The reason of a declared exception. */
  exception?: string;
  /** The check's own result, from which a fix is made. */
  result: StaticResult;
}

/** What every control's static check said about one stack. */
export interface StaticRun {
  tallies: ReadonlyMap<string, Tally>;
  gaps: readonly Gap[];
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { pass: 0, fail: 0, excepted: 0, waived: 0, unknown: 0, notApplicable: 0 };
}

/**
 * Runs the static checks on one stack. What passes is counted only, and a finding is handed on as
 * soon as it is made: a stack may have thousands of services. A check that breaks on an odd document is a gap, never a pass.
 *
 * @param relieve called after each control
 * @param locate where a result's place is in the files; the result's `file`, where it has one, wins
 */
export function runStatic(
  controls: readonly Control[],
  model: StaticModel,
  locate: (path: readonly string[], file: string | undefined) => SourcePosition,
  onFinding: (finding: Finding, control: Control, tally: Tally) => void,
  relieve: () => void = () => undefined,
): StaticRun {
  const tallies = new Map<string, Tally>();
  const gaps: Gap[] = [];
  for (const control of controls) {
    if (!control.static) continue;
    const tally = emptyTally();
    tallies.set(control.id, tally);
    let results: StaticResult[];
    try {
      results = control.static(model);
    } catch (error) {
      const { file, line, column } = locate([], undefined);
      tally.unknown++;
      gaps.push({
        kind: 'schema',
        what: `the check ${control.id} cannot judge this document: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'This is a defect in Jacker. Please report it with a file that shows it.',
        file,
        line,
        column,
      });
      continue;
    }
    for (const result of results) {
      count(tally, result);
      if (result.status !== 'fail' && result.status !== 'unknown') continue;
      const finding: Finding = {
        control: control.id,
        subject: result.subject,
        status: result.status,
        expected: result.expected,
        seen: result.seen,
        position: result.position ?? locate(result.location, result.file),
        path: result.location,
        ...(result.exception === undefined ? {} : { exception: result.exception }),
        result,
      };
      onFinding(finding, control, tally);
    }
    relieve();
  }
  return { tallies, gaps };
}

function count(tally: Tally, { status, exception }: StaticResult): void {
  if (status === 'pass') tally.pass++;
  else if (status === 'unknown') tally.unknown++;
  else if (status === 'not-applicable') tally.notApplicable++;
  else if (exception !== undefined) tally.excepted++;
  else tally.fail++;
}
