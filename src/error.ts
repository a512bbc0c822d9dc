/** Every way Jacker refuses or fails, as a stable code that scripts may match on. */
export type ErrorCode =
  | 'usage'
  | 'settings-invalid'
  | 'manifest-invalid'
  | 'override-invalid'
  | 'template-invalid'
  | 'floor-violated'
  | 'project-missing'
  | 'project-invalid'
  | 'input-needed'
  | 'differences'
  | 'findings'
  | 'conflict'
  | 'apply-restored'
  | 'apply-failed'
  | 'docker-unavailable'
  | 'compose-too-old'
  | 'docker-failed'
  | 'lock-held'
  | 'permission'
  | 'disk'
  | 'port-taken'
  | 'image'
  | 'secret-missing'
  | 'secret-invalid'
  | 'service-unknown'
  | 'not-running'
  | 'interrupted'
  | 'failed';

/** The process's exit code of each error code; the table is part of the CLI's contract. */
const exitCodes: Record<ErrorCode, number> = {
  usage: 2,
  'settings-invalid': 2,
  'manifest-invalid': 2,
  'override-invalid': 2,
  'template-invalid': 2,
  'floor-violated': 2,
  'project-missing': 2,
  'project-invalid': 2,
  'input-needed': 2,
  differences: 3,
  findings: 4,
  conflict: 5,
  'apply-restored': 6,
  'apply-failed': 7,
  'docker-unavailable': 69,
  'compose-too-old': 69,
  'docker-failed': 1,
  'lock-held': 75,
  permission: 77,
  disk: 1,
  'port-taken': 1,
  image: 1,
  'secret-missing': 2,
  'secret-invalid': 2,
  'service-unknown': 2,
  'not-running': 1,
  interrupted: 130,
  failed: 1,
};

/** Where an error is: a file, and in it a 1-based line, column and the key concerned. */
export interface ErrorLocation {
  file?: string;
  line?: number;
  column?: number;
  key?: string;
}

/** One thing that is wrong: what, where, why, and what to do. */
export interface Problem {
  what: string;
  where?: ErrorLocation;
  why?: string;
  hint?: string;
}

/**
 * An error that a person can act on. Its message never holds a secret value.
 * Several problems of one kind (every wrong line of a file) travel in one error.
 */
export class JackerError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(describeProblem).join('\n'), options);
    this.name = 'JackerError';
    this.code = code;
    this.problems = list;
  }

  /** The exit code that belongs to this error's code. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** One location as text: `file:line:column`, with the key where there is one. */
export function describeLocation(where: ErrorLocation): string {
  const position = [where.file, where.line, where.column].filter((part) => part !== undefined);
  return [position.join(':'), where.key].filter(Boolean).join(' ');
}

/** One problem as text: `where: what (why)`, then the remedy on a line of its own. */
export function describeProblem(problem: Problem): string {
  const where = problem.where ? `${describeLocation(problem.where)}: ` : '';
  const why = problem.why ? ` (${problem.why})` : '';
  const hint = problem.hint ? `\n  ${problem.hint}` : '';
  return `${where}${problem.what}${why}${hint}`;
}
