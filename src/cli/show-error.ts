import { Chalk } from 'chalk';
import { describeLocation, JackerError, type Problem } from '../error.ts';
import type { Globals } from './globals.ts';

/** Where somebody reports an error that should not have happened. */
const reportHint =
  'This is a defect in Jacker. Please report it with the lines above and what you did; look first that no secret is in them.';

/** How an error is shown. */
export interface ErrorStyle extends Pick<Globals, 'json' | 'verbose'> {
  color: boolean;
}

/**
 * An error as text for stderr: one `error` line with its code, then each problem with its place,
 * reason and remedy. With `json` it is one document, `{"error":{code,exitCode,problems}}`. An
 * error that is no JackerError is a defect and comes with its stack.
 */
export function showError(error: unknown, style: ErrorStyle): string {
  const known = error instanceof JackerError;
  if (style.json) {
    const document = known
      ? { code: error.code, exitCode: error.exitCode, problems: error.problems }
      : { code: 'failed', exitCode: 1, problems: [{ what: stackOf(error), hint: reportHint }] };
    return `${JSON.stringify({ error: document }, null, 2)}\n`;
  }
  const color = new Chalk({ level: style.color ? 1 : 0 });
  if (!known) return `${color.red('error')} [failed]: ${stackOf(error)}\n${reportHint}\n`;
  const title = `${color.red('error')} [${error.code}]:`;
  const [first] = error.problems;
  const lines =
    error.problems.length === 1 && first
      ? [`${title} ${describe(first, color)}`]
      : [
          `${title} ${error.problems.length} problems`,
          ...error.problems.map((problem) => describe(problem, color)),
        ];
  return [...lines, ...(style.verbose ? causesOf(error) : [])].map((line) => `${line}\n`).join('');
}

/** `place: what (why)` and the remedy on a line of its own, as `describeProblem`, in colour. */
function describe(problem: Problem, color: InstanceType<typeof Chalk>): string {
  const where = problem.where ? `${color.bold(describeLocation(problem.where))}: ` : '';
  const why = problem.why ? ` (${problem.why})` : '';
  const hint = problem.hint ? `\n  ${color.cyan(problem.hint)}` : '';
  return `${where}${problem.what}${why}${hint}`;
}

function causesOf(error: Error): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push(`caused by: ${cause.stack ?? cause.message}`);
  }
  return lines;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
