import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { JackerError } from '../error.ts';
import { messageOf, statusOf } from './connection-error.ts';
import { converse, timedOut, type CommandResult } from './exec.ts';

/** A mount of a one-shot container. */
export type OneShotMount =
  | { type: 'bind' | 'volume'; source: string; target: string; readOnly: boolean }
  | { type: 'tmpfs'; target: string; sizeBytes: number; mode?: number };

/** A container that runs one command and is removed. */
export interface OneShot {
  image: string;
  /** Replaces the image's entrypoint and command. */
  argv: readonly string[];
  mounts?: readonly OneShotMount[];
  /** `uid:gid`; required, because an image's own user may be root. */
  user: string;
  /** Names of networks, or none at all. */
  networks: readonly string[] | 'none';
  /** Capabilities beyond the empty set. */
  capAdd?: readonly string[];
  /** Additions to no-new-privileges. */
  securityOpt?: readonly string[];
  groupAdd?: readonly string[];
  /** Never secrets. */
  env?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  /** Milliseconds; 60 000 by default. */
  timeoutMs?: number;
  /** Bytes; 256 MiB by default. */
  memory?: number;
  /** Processes and threads; 100 by default. */
  pids?: number;
  signal?: AbortSignal;
}

const defaultTimeoutMs = 60_000;
const defaultMemory = 256 * 1024 * 1024;
const defaultPids = 100;

/**
 * The request that creates a one-shot container: no capability but the named ones, no new
 * privileges, a read-only root, bounded memory and processes, nothing logged to disk.
 */
export function oneShotRequest(shot: OneShot): Docker.ContainerCreateOptions {
  const memory = shot.memory ?? defaultMemory;
  return {
    Image: shot.image,
    Entrypoint: [...shot.argv.slice(0, 1)],
    Cmd: [...shot.argv.slice(1)],
    User: shot.user,
    Env: Object.entries(shot.env ?? {}).map(([name, value]) => `${name}=${value}`),
    Labels: { ...shot.labels },
    AttachStdin: shot.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: shot.stdin !== undefined,
    StdinOnce: shot.stdin !== undefined,
    Tty: false,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: shot.networks === 'none' ? 'none' : (shot.networks[0] ?? 'none'),
      CapDrop: ['ALL'],
      CapAdd: [...(shot.capAdd ?? [])],
      SecurityOpt: ['no-new-privileges:true', ...(shot.securityOpt ?? [])],
      GroupAdd: [...(shot.groupAdd ?? [])],
      ReadonlyRootfs: true,
      Memory: memory,
      MemorySwap: memory,
      PidsLimit: shot.pids ?? defaultPids,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
      Mounts: (shot.mounts ?? []).map(mountRequest),
    },
  };
}

/** Creates the container, runs it to its end, and removes it whatever happens. */
export async function runOneShot(docker: Docker, shot: OneShot): Promise<CommandResult> {
  const timeoutMs = shot.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = shot.signal ? AbortSignal.any([shot.signal, timeout]) : timeout;
  // Not abortable itself: the engine might create the container and nobody would know its id.
  const container = await create(docker, shot);
  try {
    signal.throwIfAborted();
    for (const network of shot.networks === 'none' ? [] : shot.networks.slice(1)) {
      await docker.getNetwork(network).connect({ Container: container.id });
      signal.throwIfAborted();
    }
    const hijack = shot.stdin !== undefined;
    const streams = { stream: true, stdin: hijack, stdout: true, stderr: true };
    const stream = await container.attach({ ...streams, hijack, abortSignal: signal });
    const output = converse(stream as unknown as Duplex, shot.stdin, signal);
    // The failure is reported below; until then it must not count as unhandled.
    output.catch(() => undefined);
    await container.start({ abortSignal: signal });
    const ended = (await container.wait({ abortSignal: signal })) as { StatusCode: number };
    return { exitCode: ended.StatusCode, ...(await output) };
  } catch (error) {
    if (timeout.aborted) {
      throw timedOut(`The one-shot container of ${shot.image}`, timeoutMs, error);
    }
    if (shot.signal?.aborted) {
      throw new JackerError(
        'interrupted',
        { what: `The one-shot container of ${shot.image} was stopped` },
        { cause: error },
      );
    }
    throw error;
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function create(docker: Docker, shot: OneShot): Promise<Docker.Container> {
  try {
    return await docker.createContainer(oneShotRequest(shot));
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new JackerError(
      'image',
      {
        what: `The image ${shot.image} is not on this engine`,
        why: messageOf(error),
        hint: `Get it: docker pull ${shot.image}`,
      },
      { cause: error },
    );
  }
}

function mountRequest(mount: OneShotMount): Docker.MountSettings {
  if (mount.type === 'tmpfs') {
    return {
      Type: 'tmpfs',
      Source: '',
      Target: mount.target,
      TmpfsOptions: { SizeBytes: mount.sizeBytes, Mode: mount.mode ?? 0o1777 },
    };
  }
  return {
    Type: mount.type,
    Source: mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    // The volume's content is the subject: nothing of the image may be copied into a fresh one.
    ...(mount.type === 'volume'
      ? { VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } } }
      : {}),
  };
}
