import type { Gap } from '../compose/gap.ts';
import type { SourcePosition } from '../compose/source.ts';
import type { Control, StaticModel, StaticResult } from '../controls/control.ts';
import { uncounted, type ScoredControl, type Tally } from './tally.ts';

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
  /** By the control's place in the list; null of one without a static check. */
  tallies: (ScoredControl | null)[];
  gaps: readonly Gap[];
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
  const tallies: (ScoredControl | null)[] = [];
  const gaps: Gap[] = [];
  for (const control of controls) {
    if (!control.static) {
      tallies.push(null);
      continue;
    }
    const tally = uncounted(control);
    tallies.push(tally);
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
      const { status } = result;
      if (status === 'pass' || status === 'not-applicable') {
        if (status === 'pass') tally.pass++;
        else tally.notApplicable++;
        continue;
      }
      if (status === 'unknown') tally.unknown++;
      else if (result.exception === undefined) tally.fail++;
      else tally.excepted++;
      const finding: Finding = {
        control: control.id,
        subject: result.subject,
        status,
        expected: result.expected,
        seen: result.seen,
        position: result.position ?? locate(result.location, result.file),
        path: result.location,
        result,
      };
      if (result.exception !== undefined) finding.exception = result.exception;
      onFinding(finding, control, tally);
    }
    relieve();
  }
  return { tallies, gaps };
}
