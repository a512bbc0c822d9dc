import type { ContainerOutcome, ContainerTarget } from '../reading/probe-containers.ts';
import type { ProbeContext } from '../control.ts';

/** One forbidden act as shell text: exit status 0 only where it succeeded. It undoes itself. */
export interface ShellAct {
  name: string;
  script: string;
}

/**
 * Tries acts inside a container as its root user: whatever user the service has, a process that
 * became root must not get further. All must be refused. An image without the program for an act
 * leaves it untried, which is unknown and not a pass.
 */
export async function tryActs(
  context: ProbeContext,
  target: ContainerTarget,
  acts: readonly ShellAct[],
  expected: string,
): Promise<ContainerOutcome> {
  const script = [
    'b=; command -v busybox >/dev/null 2>&1 && b=busybox',
    'need() { [ -n "$b" ] || command -v "$1" >/dev/null 2>&1; }',
    ...acts.map(
      ({ name, script }) =>
        `( ${script} ) >/dev/null 2>&1; case $? in 0) echo "${name} done";; 127) echo "${name} untried";; *) echo "${name} refused";; esac`,
    ),
  ].join('\n');
  const { stdout } = await context.engine.exec(target.facts.id, ['sh', '-c', script], {
    user: '0:0',
    timeoutMs: 20_000,
    signal: context.signal,
  });
  const results = stdout.trim().split('\n');
  const of = (word: string): string[] =>
    results
      .filter((line) => line.endsWith(` ${word}`))
      .map((line) => line.slice(0, -1 - word.length));
  const done = of('done');
  const refused = of('refused');
  if (done.length > 0) {
    return { status: 'fail', expected, seen: `succeeded: ${done.join(', ')}` };
  }
  if (refused.length < acts.length) {
    const missing = acts.map((act) => act.name).filter((name) => !refused.includes(name));
    return { status: 'unknown', expected, seen: `could not be tried: ${missing.join(', ')}` };
  }
  return { status: 'pass', expected, seen: `refused: ${refused.join(', ')}` };
}
