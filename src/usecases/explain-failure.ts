import type { Stack } from '../catalog/stack.ts';
import type { Engine } from '../docker/engine.ts';
import { JackerError, type Problem } from '../error.ts';
import { observe, type ServiceState } from './observe.ts';

/** Log lines shown of a service that failed. */
const shownLines = 15;

/**
 * Why applying failed: the error itself, and the last words of each service that is not well.
 *
 * @param redact takes secrets out: a program that fails may print what it was given
 */
export async function explainFailure(
  engine: Engine,
  stack: Stack,
  cause: unknown,
  redact: (text: string) => string,
): Promise<Problem[]> {
  const problems: Problem[] =
    cause instanceof JackerError
      ? [...cause.problems]
      : [{ what: cause instanceof Error ? cause.message : String(cause) }];
  for (const state of await observe(engine, stack).catch(() => [])) {
    // A container that was only created has waited for another one, and has nothing to say.
    if (state.container === null || state.state === 'created') continue;
    if (!(await isUnwell(engine, state.container, state))) continue;
    const output = await engine.logs(state.container, { tail: shownLines }).catch(() => null);
    const lines = output ? `${output.stdout}${output.stderr}`.trim() : '';
    problems.push({
      what: `${state.service} is ${state.health || state.state}${lines ? `; its last lines:\n${lines}` : ''}`,
      hint: `Look at jacker logs ${state.service}`,
    });
  }
  return problems.map(({ what, why, ...rest }) => ({
    ...rest,
    what: redact(what),
    ...(why === undefined ? {} : { why: redact(why) }),
  }));
}

/** Between two ends of a program that the engine starts again and again, its container runs. */
async function isUnwell(
  engine: Pick<Engine, 'inspectContainer'>,
  container: string,
  { state, health }: ServiceState,
): Promise<boolean> {
  if (state !== 'running' || health === 'unhealthy') return true;
  if (health !== 'starting') return false;
  const found = await engine.inspectContainer(container).catch(() => null);
  return (found?.state.restartCount ?? 0) > 0;
}
