import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../docker/engine.ts';
import { JackerError } from '../error.ts';

/** Ends of a container after which it is not going to recover by itself. */
const mostRestarts = 5;
/** Milliseconds between two looks. */
const interval = 1000;

/**
 * Does `act`, which waits for services to become healthy, and gives up early where one of their
 * containers ends again and again: the engine starts it anew each time, so that nobody else would
 * notice before the whole waiting time is over. Throws what `act` throws, or `docker-failed` with
 * the name of the container.
 *
 * @param act gets the signal that tells it to stop
 */
export async function watchRestarts<T>(
  engine: Pick<Engine, 'listContainers' | 'inspectContainer'>,
  project: string,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const restarting = new AbortController();
  const watching = watch(engine, project, AbortSignal.any([signal, done.signal])).then((name) => {
    if (name === null) return;
    restarting.abort(
      new JackerError('docker-failed', {
        what: `${name} ended ${mostRestarts} times in a row`,
        why: 'it was started anew each time, and ended again',
      }),
    );
  });
  try {
    return await act(AbortSignal.any([signal, restarting.signal]));
  } catch (error) {
    throw restarting.signal.aborted ? restarting.signal.reason : error;
  } finally {
    done.abort();
    await watching;
  }
}

/** The name of the first container that ends too often; null once the signal is aborted. */
async function watch(
  engine: Pick<Engine, 'listContainers' | 'inspectContainer'>,
  project: string,
  signal: AbortSignal,
): Promise<string | null> {
  const before = new Map<string, number>();
  while (!signal.aborted) {
    // The engine's own failures are for `act` to meet and to report.
    const containers = await engine.listContainers({ project }).catch(() => []);
    for (const { id, name } of containers) {
      const found = await engine.inspectContainer(id).catch(() => null);
      if (!found) continue;
      const first = before.get(id) ?? found.state.restartCount;
      before.set(id, first);
      if (found.state.restartCount - first >= mostRestarts) return name;
    }
    await delay(interval, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
