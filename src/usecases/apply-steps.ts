import { join } from 'node:path';
import { formatImageLock } from '../docker/image-lock.ts';
import { reconcilePostgres } from '../data/reconcile-postgres.ts';
import type { AppContext } from './app-context.ts';
import type { Connection } from './connect.ts';
import { observe } from './observe.ts';
import { imageLockFile, imageReference, type PreparedProject } from './prepare.ts';
import { setOwnership } from './set-ownership.ts';

/** The services that hold data: they start, and are reconciled, before those that use them. */
export const dataServices: readonly string[] = ['postgres', 'redis'];

/** Writes `images.lock` where it says something else. */
export async function keepImageLock(
  { world, location }: AppContext,
  imageLock: PreparedProject['imageLock'],
): Promise<void> {
  const path = join(location.directory, imageLockFile);
  const text = formatImageLock(imageLock);
  if ((await world.files.readText(path)) === text) return;
  await world.files.write(path, text, { mode: 0o644 });
}

/** Makes the roles and databases of Postgres what the stack needs; answers how many statements that took. */
export async function reconcile(
  context: AppContext,
  { engine }: Connection,
  prepared: PreparedProject,
): Promise<number> {
  const { stack } = prepared.project;
  const server = (await observe(engine, stack)).find((state) => state.service === 'postgres');
  if (!server?.container) return 0;
  const passwords = new Map<string, string>();
  for (const { secret } of stack.postgres) {
    passwords.set(secret, (await prepared.secrets.read(secret)) ?? '');
  }
  return reconcilePostgres({
    engine,
    container: server.container,
    needs: stack.postgres,
    password: (secret) => passwords.get(secret) ?? '',
    random: context.world.random,
  });
}

/** Gives each secret's file its owner, group and mode; answers how many had another one. */
export async function ownership(
  context: AppContext,
  connection: Connection,
  prepared: PreparedProject,
): Promise<number> {
  const { project } = prepared;
  return setOwnership(
    {
      files: context.world.files,
      identity: context.world.identity,
      engine: connection.engine,
      image: () => shellImage(connection, prepared),
      project: project.stack.project,
    },
    join(project.directory, 'secrets'),
    prepared.ownership,
  );
}

/** An image of the stack that has a POSIX shell, pinned, and on the engine. */
export async function shellImage(
  { engine }: Connection,
  { project, imageLock }: PreparedProject,
): Promise<string> {
  const shell = project.stack.services.find((service) => service.name === 'error-pages');
  const image = shell ? imageReference(project, shell) : '';
  const digest = imageLock[image];
  const pinned = digest ? `${image}@${digest}` : image;
  if ((await engine.inspectImage(pinned)) === null) await engine.pullImage(pinned);
  return pinned;
}
