import type { Engine } from '../docker/engine.ts';
import type { Stack } from '../catalog/stack.ts';

/** The label of every container that does one task for a command; its value says which. */
export const taskLabel = 'io.jacker.task';
/** Its value is the project that a container works for. */
const projectLabel = 'io.jacker.project';

/** The labels of a container that does one task for a project. */
export function taskLabels({ project }: Pick<Stack, 'project'>, task: string) {
  return { [projectLabel]: project, [taskLabel]: task };
}

/**
 * Removes the containers that a killed command left behind in the middle of a task: they hold
 * volumes, and nobody else knows of them. The caller holds the lock, so none of them is at work for
 * somebody. Answers how many there were.
 */
export function sweepTasks(
  engine: Pick<Engine, 'removeLabelled'>,
  { project }: Pick<Stack, 'project'>,
): Promise<number> {
  return engine.removeLabelled([`${projectLabel}=${project}`, taskLabel]);
}
