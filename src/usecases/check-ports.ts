import type { Engine } from '../docker/engine.ts';
import { occupies, parseListeningSockets } from '../docker/listening-sockets.ts';
import { JackerError, type Problem } from '../error.ts';
import { numberOf, textOf } from '../settings/definition.ts';
import type { AppContext } from './app-context.ts';
import type { Project } from './project.ts';

/**
 * Refuses to begin where a port that the edge publishes is held by somebody else: another
 * container, or another process of this host. Throws `port-taken` with every such port.
 *
 * @param local whether the engine runs on this host, so that its sockets are ours to see
 */
export async function checkPorts(
  context: Pick<AppContext, 'world'>,
  engine: Engine,
  project: Project,
  local: boolean,
): Promise<void> {
  const { settings, stack } = project;
  const address = textOf(settings, 'BIND_ADDRESS');
  const containers = await engine.listContainers({});
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) =>
      local ? context.world.files.readText(file) : Promise.resolve(''),
    ),
  );
  const listening = tables.flatMap((table) => parseListeningSockets(table ?? ''));
  const problems: Problem[] = [];
  for (const key of stack.services.flatMap(({ definition }) =>
    definition.manifest.publishes.map(({ setting }) => setting),
  )) {
    const port = numberOf(settings, key);
    const holder = containers.find((container) =>
      container.ports.some(
        (published) =>
          published.hostPort === port &&
          occupies({ address: published.address, port, inode: 0 }, address),
      ),
    );
    if (holder?.project === stack.project) continue;
    const socket = listening.find((entry) => entry.port === port && occupies(entry, address));
    if (!holder && !socket) continue;
    problems.push({
      what: `port ${port} on ${address} is taken by ${holder ? `the container ${holder.name}` : 'another process'}`,
      where: { file: project.envPath, key },
      hint: `Stop it, or choose another port: jacker config set ${key}=${port < 1024 ? port + 8000 : port + 1}`,
    });
  }
  if (problems.length > 0) throw new JackerError('port-taken', problems);
}
