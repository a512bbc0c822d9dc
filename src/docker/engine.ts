import { JackerError } from '../error.ts';
import { explainEngineError, messageOf, statusOf } from './connection-error.ts';
import { collect, demultiplex, type Output } from './demultiplex.ts';
import type { Endpoint } from './endpoint.ts';
import { execInContainer, outputLimit, type CommandResult, type ExecOptions } from './exec.ts';
import type {
  ContainerFacts,
  ContainerStats,
  ContainerSummary,
  EngineInfo,
  EngineVersion,
  ImageFacts,
  NetworkFacts,
  VolumeFacts,
} from './facts.ts';
import { readFileChanges, type FileChange } from './file-changes.ts';
import { parseImageReference } from './image-reference.ts';
import { call, callStream, connect, type ApiRequest, type Client } from './modem.ts';
import { pullImage, type PullProgress } from './pull.ts';
import type { CredentialLookup } from './registry-credentials.ts';
import { runOneShot, type OneShot } from './run-once.ts';
import { readContainer, readContainerList, readStats, readTop } from './wire/containers.ts';
import { readInfo, readVersion } from './wire/engine.ts';
import { readDistribution, readImage } from './wire/images.ts';
import { readNetwork, readNetworkList } from './wire/networks.ts';
import { readVolumeList } from './wire/volumes.ts';

/** Selects objects of one Compose project; without it all of the engine's. */
export interface ProjectFilter {
  project?: string;
}

/** The registry's answer about a reference: its digest, or why there is none. */
export type DistributionAnswer =
  { digest: string } | { digest: null; reason: 'not-found' | 'unreachable'; detail: string };

/**
 * The Docker Engine as Jacker needs it. Every method throws JackerError: `docker-unavailable` or
 * `permission` where the engine cannot be reached, `docker-failed` where it refuses,
 * `not-running` for a container that is missing or stopped.
 */
export interface Engine {
  version(): Promise<EngineVersion>;
  info(): Promise<EngineInfo>;
  /** Running and stopped containers. */
  listContainers(filter: ProjectFilter): Promise<ContainerSummary[]>;
  /** Null where there is no such container. */
  inspectContainer(id: string): Promise<ContainerFacts | null>;
  /** Null where the image is not on this engine. */
  inspectImage(reference: string): Promise<ImageFacts | null>;
  /** Pulls with the operator's registry login and answers the digest of the manifest. */
  pullImage(reference: string, onProgress?: (progress: PullProgress) => void): Promise<string>;
  /** Asks the registry; nothing is downloaded. */
  distributionDigest(reference: string): Promise<DistributionAnswer>;
  listNetworks(filter: ProjectFilter): Promise<NetworkFacts[]>;
  inspectNetwork(id: string): Promise<NetworkFacts | null>;
  /** No error where the network is missing already. */
  removeNetwork(id: string): Promise<void>;
  listVolumes(filter: ProjectFilter): Promise<VolumeFacts[]>;
  /** No error where the volume is missing already. */
  removeVolume(name: string): Promise<void>;
  exec(containerId: string, argv: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  runOnce(shot: OneShot): Promise<CommandResult>;
  /** Removes every container, running or not, that has all the labels; answers how many. */
  removeLabelled(labels: readonly string[]): Promise<number>;
  /** The container's processes, one record each by the column titles of `ps`. */
  top(containerId: string): Promise<Record<string, string>[]>;
  /** What the container wrote; `tail` counts lines, `since` is a time. */
  logs(containerId: string, options?: { tail?: number; since?: Date }): Promise<Output>;
  stats(containerId: string): Promise<ContainerStats>;
  /** What the container wrote outside of its mounts. */
  fileChanges(containerId: string): Promise<FileChange[]>;
  /** Frees connections. No other method may be called afterwards. */
  close(): void;
}

/** What {@link createEngine} takes besides the endpoint. */
export interface EngineOptions {
  /** Logins for private registries; without it images are pulled anonymously. */
  credentials?: CredentialLookup;
  /** Aborts whatever is under way. */
  signal?: AbortSignal;
}

/** The engine at an endpoint. Nothing is contacted before the first call. */
export function createEngine(endpoint: Endpoint, options: EngineOptions = {}): Engine {
  const { signal } = options;
  let client: Client | undefined;
  // Late, because reading the TLS files may fail and that has to be explained like other failures.
  const docker = () => (client ??= connect(endpoint)).docker;
  const ask = (path: string, request: Omit<ApiRequest, 'path'> = {}) =>
    call(docker(), { path, signal, ...request });

  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw explainEngineError(error, endpoint, what);
    }
  };
  const orNull = async <Result>(what: string, work: () => Promise<Result>) =>
    attempt(what, async () => {
      try {
        return await work();
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  const ofContainer = async <Result>(id: string, what: string, work: () => Promise<Result>) =>
    attempt(what, async () => {
      try {
        return await work();
      } catch (error) {
        const status = statusOf(error);
        const gone = status === 404 && /no such container/i.test(messageOf(error));
        if (!gone && status !== 409) throw error;
        throw notRunning(id, messageOf(error), error);
      }
    });
  const credentialsFor = async (reference: string) =>
    (await options.credentials?.(parseImageReference(reference).registry)) ?? null;

  return {
    version: () =>
      attempt('Asking for the version of Docker failed', async () =>
        readVersion(await ask('/version')),
      ),
    info: () =>
      attempt('Asking for facts about Docker failed', async () => readInfo(await ask('/info'))),
    listContainers: (filter) =>
      attempt('Listing containers failed', async () =>
        readContainerList(
          await ask('/containers/json', { query: { all: true, ...labelFilter(filter) } }),
        ),
      ),
    inspectContainer: (id) =>
      orNull(`Inspecting the container ${id} failed`, async () =>
        readContainer(await ask(`/containers/${encodeURIComponent(id)}/json`)),
      ),
    inspectImage: (reference) =>
      orNull(`Inspecting the image ${reference} failed`, async () =>
        readImage(await ask(`/images/${imagePath(reference)}/json`)),
      ),
    pullImage: (reference, onProgress) =>
      attempt(`Pulling the image ${reference} failed`, async () =>
        pullImage(docker(), reference, {
          credentials: await credentialsFor(reference),
          ...(onProgress ? { onProgress } : {}),
          ...(signal ? { signal } : {}),
        }),
      ),
    distributionDigest: (reference) =>
      attempt(`Asking the registry for ${reference} failed`, async () => {
        const credentials = await credentialsFor(reference);
        try {
          const path = `/distribution/${imagePath(reference)}/json`;
          return { digest: readDistribution(await ask(path, { credentials })) };
        } catch (error) {
          return distributionFailure(error);
        }
      }),
    listNetworks: (filter) =>
      attempt('Listing networks failed', async () =>
        readNetworkList(await ask('/networks', { query: labelFilter(filter) })),
      ),
    inspectNetwork: (id) =>
      orNull(`Inspecting the network ${id} failed`, async () =>
        readNetwork(await ask(`/networks/${encodeURIComponent(id)}`)),
      ),
    removeNetwork: async (id) => {
      await orNull(`Removing the network ${id} failed`, () =>
        ask(`/networks/${encodeURIComponent(id)}`, { method: 'DELETE' }),
      );
    },
    listVolumes: (filter) =>
      attempt('Listing volumes failed', async () =>
        readVolumeList(await ask('/volumes', { query: labelFilter(filter) })),
      ),
    removeVolume: async (name) => {
      await orNull(`Removing the volume ${name} failed`, () =>
        ask(`/volumes/${encodeURIComponent(name)}`, { method: 'DELETE' }),
      );
    },
    exec: (containerId, argv, execOptions = {}) =>
      ofContainer(containerId, `Running ${argv[0] ?? ''} in the container failed`, () =>
        execInContainer(docker(), containerId, argv, {
          ...bounded(execOptions.signal),
          ...execOptions,
        }),
      ),
    runOnce: (shot) =>
      attempt(`Running a one-shot container of ${shot.image} failed`, () =>
        runOneShot(docker(), { ...bounded(shot.signal), ...shot }),
      ),
    removeLabelled: (labels) =>
      attempt('Removing containers that were left behind failed', async () => {
        const query = { all: true, filters: { label: [...labels] } };
        const left = readContainerList(await ask('/containers/json', { query }));
        for (const { id } of left) {
          await orNull(`Removing the container ${id} failed`, () =>
            ask(`/containers/${encodeURIComponent(id)}`, {
              method: 'DELETE',
              query: { force: true, v: true },
            }),
          );
        }
        return left.length;
      }),
    top: (containerId) =>
      ofContainer(containerId, 'Listing the processes of the container failed', async () =>
        readTop(await ask(`/containers/${encodeURIComponent(containerId)}/top`)),
      ),
    logs: (containerId, { tail, since } = {}) =>
      ofContainer(containerId, 'Reading the logs of the container failed', async () => {
        const path = `/containers/${encodeURIComponent(containerId)}`;
        const { config } = readContainer(await ask(`${path}/json`));
        // As a stream, because a whole body that looks like JSON would come back parsed.
        const stream = await callStream(docker(), {
          path: `${path}/logs`,
          query: {
            stdout: true,
            stderr: true,
            tail: tail ?? 'all',
            ...(since ? { since: since.getTime() / 1000 } : {}),
          },
          signal,
        });
        const bytes = await collect(stream, outputLimit);
        return config.tty
          ? { stdout: Buffer.from(bytes).toString('utf8'), stderr: '' }
          : demultiplex(bytes);
      }),
    stats: (containerId) =>
      ofContainer(containerId, 'Reading the resource use of the container failed', async () =>
        readStats(
          await ask(`/containers/${encodeURIComponent(containerId)}/stats`, {
            query: { stream: false, 'one-shot': true },
          }),
        ),
      ),
    fileChanges: (containerId) =>
      ofContainer(containerId, 'Reading what the container wrote failed', async () =>
        readFileChanges(await ask(`/containers/${encodeURIComponent(containerId)}/changes`)),
      ),
    close: () => client?.close(),
  };

  /** The engine's own signal where the call brings none. */
  function bounded(own: AbortSignal | undefined): { signal?: AbortSignal } {
    return own === undefined && signal ? { signal } : {};
  }
}

function labelFilter({ project }: ProjectFilter): { filters?: Record<string, string[]> } {
  return project === undefined
    ? {}
    : { filters: { label: [`com.docker.compose.project=${project}`] } };
}

/** A reference as a path: its slashes are part of the API's route. */
function imagePath(reference: string): string {
  return encodeURIComponent(reference)
    .replaceAll('%2F', '/')
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@');
}

function notRunning(id: string, why: string, cause: unknown): JackerError {
  return new JackerError(
    'not-running',
    {
      what: `The container ${id} is not running`,
      why,
      hint: 'Look at the services: jacker status',
    },
    { cause },
  );
}

/** The engine passes the registry's refusal on; anything without an HTTP status is its own failure. */
function distributionFailure(error: unknown): DistributionAnswer {
  const status = statusOf(error);
  if (status === undefined) throw error;
  const detail = messageOf(error);
  // A registry that hides private repositories says 401 or "denied" for what does not exist.
  const missing =
    status === 404 || /manifest unknown|not found|name unknown|denied|unauthorized/i.test(detail);
  return { digest: null, reason: missing ? 'not-found' : 'unreachable', detail };
}
