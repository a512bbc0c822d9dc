import { stripVTControlCharacters } from 'node:util';
import { suggestion } from '../catalog/select-services.ts';
import type { LogOptions } from '../docker/compose.ts';
import { JackerError } from '../error.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { connect } from './connect.ts';
import { explainFailure } from './explain-failure.ts';
import { observe, type ServiceState } from './observe.ts';
import { projectSecrets, secretSpecs } from './prepare.ts';
import { loadProject, type Project } from './project.ts';
import { secretRedactor } from './redact-secrets.ts';
import { startServices } from './start-services.ts';

/**
 * Restarts the named services, or all, and waits until they are healthy. Throws `not-running`
 * where one of them has no container, `docker-failed` with its last words where it does not
 * become healthy.
 *
 * @returns the services that were restarted
 */
export async function restart(
  context: AppContext,
  options: { services: readonly string[] },
): Promise<readonly string[]> {
  const project = await loadProject(context.world, context.root, context.location);
  refuseUnknown(project, options.services);
  const { stack, directory } = project;
  const lock = await acquireLock(context.world, directory, 'restart');
  const { compose, engine } = await connect(context, stack);
  try {
    const known = (await observe(engine, stack)).filter(({ container }) => container !== null);
    const present = known.map(({ service }) => service);
    const services = options.services.length > 0 ? options.services : present;
    const missing = services.filter((service) => !present.includes(service));
    if (missing.length > 0 || services.length === 0) {
      throw new JackerError('not-running', {
        what: `no container of ${missing.join(', ') || stack.project} is there`,
        hint: 'Start it: jacker up',
      });
    }
    await compose.restart(services);
    try {
      await startServices(context, { engine }, project, { services, recreate: 'never' });
    } catch (error) {
      if (context.world.signal.aborted) throw error;
      const secrets = projectSecrets(context, project);
      const redact = await secretRedactor(secrets, secretSpecs(stack));
      const problems = await explainFailure(engine, stack, error, redact);
      throw new JackerError('docker-failed', problems, { cause: error });
    }
    return services;
  } finally {
    engine.close();
    await lock.release();
  }
}

/** The state of every service. */
export async function status(context: AppContext): Promise<ServiceState[]> {
  const project = await loadProject(context.world, context.root, context.location);
  const { engine } = await connect(context, project.stack);
  try {
    return await observe(engine, project.stack);
  } finally {
    engine.close();
  }
}

/** Passes the services' logs on as they are. */
export async function logs(context: AppContext, options: LogOptions): Promise<void> {
  const project = await loadProject(context.world, context.root, context.location);
  refuseUnknown(project, options.services ?? []);
  const { compose, engine } = await connect(context, project.stack);
  engine.close();
  await compose.logs(options);
}

/** One line of a container's output. */
export interface LogLine {
  /** The container as Compose calls it, for example `redis-1`. */
  container: string;
  line: string;
}

/** What the services wrote, line by line. It ends, so there is no following. */
export async function readLogs(
  context: AppContext,
  options: Omit<LogOptions, 'follow' | 'onOutput'>,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  await logs(context, {
    ...options,
    onOutput: (text) => {
      // `redis-1  | text`: names have no blank and no bar.
      const [, container = '', line = ''] = /^(\S*)\s*\| ?(.*)\n$/s.exec(text) ?? ['', '', text];
      // Compose may clear the line of a terminal that is not there.
      lines.push({ container: stripVTControlCharacters(container), line });
    },
  });
  return lines;
}

/** Runs a command in a service's container with this process's own input and output. */
export async function exec(
  context: AppContext,
  options: { service: string; argv: readonly string[]; tty: boolean; user?: string },
): Promise<number> {
  const project = await loadProject(context.world, context.root, context.location);
  refuseUnknown(project, [options.service]);
  const { compose, engine } = await connect(context, project.stack);
  engine.close();
  return compose.exec(options.service, options.argv, {
    tty: options.tty,
    ...(options.user === undefined ? {} : { user: options.user }),
  });
}

/** Throws `service-unknown` for a name that is not a service of the stack. */
export function refuseUnknown(project: Project, services: readonly string[]): void {
  const known = project.stack.services.map((service) => service.name);
  const unknown = services.filter((service) => !known.includes(service));
  if (unknown.length === 0) return;
  throw new JackerError(
    'service-unknown',
    unknown.map((service) => ({
      what: `${service} is not a service of this project`,
      hint: suggestion(service, known),
    })),
  );
}
