import type { ContainerOutcome, ContainerTarget } from '../reading/probe-containers.ts';
import type { ProbeContext } from '../control.ts';

/** One forbidden act as shell text. It undoes itself. */
export interface ShellAct {
  name: string;
  /**
   * Exit status 0 only where the act succeeded, 127 where it could not be tried. `tool NAME` puts
   * the program of that name, or busybox's, into `$t`, and ends the act where there is none.
   */
  script: string;
  /** What the program says where the act was refused; by default EPERM and EACCES. */
  refusal?: RegExp;
}

const notPermitted = /operation not permitted|permission denied/i;
const rootUser = '0:0';
const longestReason = 80;

/**
 * Tries acts inside a container, as its root user where nothing else is said: whatever user the
 * service has, a process that became root must not get further. All must be refused, and for the
 * reason that is expected: an act that failed because a file was missing shows nothing. An image
 * without the program for an act leaves it untried, which is unknown and not a pass.
 *
 * @param user Null: the container's own user.
 */
export async function tryActs(
  context: ProbeContext,
  target: ContainerTarget,
  acts: readonly ShellAct[],
  expected: string,
  user: string | null = rootUser,
): Promise<ContainerOutcome> {
  const { stdout } = await context.engine.exec(target.facts.id, ['sh', '-c', scriptOf(acts)], {
    ...(user === null ? {} : { user }),
    timeoutMs: 20_000,
    signal: context.signal,
  });
  const lines = stdout.split('\n');
  const results = acts.map((act, index) => ({ name: act.name, ...judge(act, lines[index] ?? '') }));
  const named = (verdict: Verdict['verdict']): string =>
    results
      .filter((result) => result.verdict === verdict)
      .map(({ name, reason }) => (reason === '' ? name : `${name} (${reason})`))
      .join(', ');
  if (named('done') !== '') {
    return { status: 'fail', expected, seen: `succeeded: ${named('done')}` };
  }
  const open = [
    ...(named('untried') === '' ? [] : [`could not be tried: ${named('untried')}`]),
    ...(named('failed') === '' ? [] : [`failed for another reason: ${named('failed')}`]),
  ];
  if (open.length > 0) return { status: 'unknown', expected, seen: open.join('; ') };
  return { status: 'pass', expected, seen: `refused: ${named('refused')}` };
}

/** A script that prints one line for each act: its exit status, and what it said. */
function scriptOf(acts: readonly ShellAct[]): string {
  return [
    // What a program says is compared with English words; nothing that it says is a pattern.
    'export LC_ALL=C; set -f',
    'tool() { if command -v "$1" >/dev/null 2>&1; then t=$1; elif busybox --list 2>/dev/null | grep -qx "$1"; then t="busybox $1"; else exit 127; fi; }',
    ...acts.map(
      ({ script }) => `o=$( ( ${script} ) 2>&1 >/dev/null ); r=$?; o=$(echo $o); echo "$r $o"`,
    ),
  ].join('\n');
}

interface Verdict {
  verdict: 'done' | 'refused' | 'untried' | 'failed';
  reason: string;
}

function judge(act: ShellAct, line: string): Verdict {
  const [, code = '', said = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
  if (code === '0') return { verdict: 'done', reason: '' };
  if (code === '127' || code === '') return { verdict: 'untried', reason: '' };
  if ((act.refusal ?? notPermitted).test(said)) return { verdict: 'refused', reason: '' };
  // Text of a program that may be hostile: no control characters, and not much of it.
  const reason = said.replaceAll(/[^\x20-\x7e]/g, '?').slice(-longestReason);
  return { verdict: 'failed', reason: reason || `exit status ${code}` };
}
