import { connect, type Connection } from './connect.ts';
import type { AppContext } from './app-context.ts';
import type { Project } from './project.ts';
import { watchRestarts } from './watch-restarts.ts';

/** Seconds until every service must be healthy. */
const waitSeconds = 300;

/** What {@link startServices} starts, and how. */
export interface StartOptions {
  /** All by default. */
  services?: readonly string[];
  /** They depend on nothing that is not healthy already. */
  withoutDependencies?: boolean;
  removeOrphans?: boolean;
  recreate?: 'changed' | 'never';
}

/** Starts services and waits until they are healthy, or one of them proves not to become it. */
export function startServices(
  context: AppContext,
  { engine }: Pick<Connection, 'engine'>,
  { stack }: Pick<Project, 'stack'>,
  options: StartOptions,
): Promise<void> {
  const { world, reporter } = context;
  return watchRestarts(engine, stack.project, world.signal, async (signal) => {
    const { compose } = await connect({ ...context, world: { ...world, signal } }, stack);
    await compose.up({
      ...options,
      waitTimeoutSeconds: waitSeconds,
      onEvent: (event) => {
        if (event.service) reporter.progress(event.service, event.state);
      },
    });
  });
}
