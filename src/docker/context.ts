import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';

/** What finding the engine needs from outside. */
export interface EndpointSource {
  env: Readonly<Record<string, string | undefined>>;
  files: Pick<FileSystem, 'readText' | 'facts' | 'realPath'>;
}

/** Where an engine listens by default. */
export const defaultHost = 'unix:///var/run/docker.sock';

/** A Docker context: where its engine listens, and the folder of its TLS files. */
export interface DockerContext {
  name: string;
  host: string;
  tlsPath?: string;
}

/**
 * The context that the `docker` command uses where DOCKER_HOST is not set: that in DOCKER_CONTEXT,
 * else the one that `docker context use` chose, else `default`. Read from the client's own files,
 * because to start the client for it takes longer than all else that a plan does.
 * Layout: https://github.com/docker/cli/blob/master/cli/context/store/doc.go
 *
 * @throws JackerError `docker-unavailable` for a context that is not there or names no endpoint.
 */
export async function currentContext({ env, files }: EndpointSource): Promise<DockerContext> {
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || '/root', '.docker');
  const name = env['DOCKER_CONTEXT'] || (await chosenContext(files, folder)) || 'default';
  if (name === 'default') return { name, host: defaultHost };
  const key = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts', 'meta', key, 'meta.json');
  const text = await files.readText(file);
  if (text === null) {
    throw new JackerError('docker-unavailable', {
      what: `The Docker context "${name}" does not exist`,
      where: env['DOCKER_CONTEXT'] ? { key: 'DOCKER_CONTEXT' } : { file: `${folder}/config.json` },
      hint: 'Choose one that does: docker context ls; docker context use default',
    });
  }
  const endpoint = valueAt(parseJson(text), ['Endpoints', 'docker']);
  const host = valueAt(endpoint, ['Host']) ?? '';
  if (typeof endpoint !== 'object' || endpoint === null || typeof host !== 'string') {
    throw new JackerError('docker-unavailable', {
      what: `The Docker context "${name}" cannot be read`,
      where: { file },
      why: 'it names no Docker endpoint',
      hint: 'Choose another one: docker context use default',
    });
  }
  return {
    name,
    host: host || defaultHost,
    tlsPath: join(folder, 'contexts', 'tls', key),
  };
}

/** What is no JSON or not ours to read counts as empty: the `docker` command does the same. */
async function chosenContext(
  files: EndpointSource['files'],
  folder: string,
): Promise<string | undefined> {
  const text = await orRefused(files.readText(join(folder, 'config.json')));
  const name = valueAt(parseJson(text ?? ''), ['currentContext']);
  return typeof name === 'string' ? name : undefined;
}

/** What stands there in a value of unknown form; undefined where nothing does. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What this user may not look at is not there for it. */
async function orRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JackerError && error.code === 'permission') return null;
    throw error;
  }
}

/** Whether a folder of PATH holds the `docker` command. */
export async function hasDockerCommand({ env, files }: EndpointSource): Promise<boolean> {
  for (const folder of (env['PATH'] ?? '').split(':')) {
    if (folder === '') continue;
    const file = await orRefused(files.realPath(join(folder, 'docker')));
    if (file !== null && (await files.facts(file))?.kind === 'file') return true;
  }
  return false;
}
