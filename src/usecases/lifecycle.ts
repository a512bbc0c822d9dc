import { suggestion } from '../catalog/select-services.ts';
import type { LogOptions } from '../docker/compose.ts';
import { JackerError } from '../error.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { connect } from './connect.ts';
import { observe, type ServiceState } from './observe.ts';
import { loadProject, type Project } from './project.ts';

/** Restarts the named services, or all. */
export async function restart(
  context: AppContext,
  options: { services: readonly string[] },
): Promise<void> {
  const project = await loadProject(context.world, context.root, context.location);
  refuseUnknown(project, options.services);
  const lock = await acquireLock(context.world, project.directory, 'restart');
  try {
    const { compose, engine } = await connect(context, project.stack);
    await compose.restart(options.services);
    engine.close();
  } finally {
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
