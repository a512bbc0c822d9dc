import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { JackerError } from '../error.ts';
import { collect, demultiplex, type Output } from './demultiplex.ts';

/** How a command in a running container is run. */
export interface ExecOptions {
  /** Bytes for its standard input, which is then closed; without them it has none. */
  stdin?: string | Uint8Array;
  /** `user`, `uid` or `uid:gid`; the container's own user otherwise. */
  user?: string;
  /** Milliseconds until the call fails; 60 000 by default. */
  timeoutMs?: number;
  /** `NAME=value` additions. Never secrets: everybody who may inspect the container reads them. */
  env?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  signal?: AbortSignal;
}

/** How a command ended and what it wrote. */
export interface CommandResult extends Output {
  exitCode: number;
}

/** Most output of one command that is kept, in bytes. */
export const outputLimit = 64 * 1024 * 1024;
const defaultTimeoutMs = 60_000;
const pollMs = 20;

/**
 * Runs a command in a running container and waits for its end.
 *
 * The Engine API has no way to end such a command: after a timeout or an abort it may go on in the
 * container until it finds its input or output closed. Give it a bound of its own where that
 * matters (`timeout 10 ...`).
 */
export async function execInContainer(
  docker: Docker,
  containerId: string,
  argv: readonly string[],
  options: ExecOptions,
): Promise<CommandResult> {
  const { stdin, timeoutMs = defaultTimeoutMs } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const abortSignal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const hijack = stdin !== undefined;
  try {
    const exec = await docker.getContainer(containerId).exec({
      Cmd: [...argv],
      AttachStdin: hijack,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(options.user === undefined ? {} : { User: options.user }),
      ...(options.workingDirectory === undefined ? {} : { WorkingDir: options.workingDirectory }),
      abortSignal,
    });
    // Without input a plain response is enough, and passes proxies that do not upgrade connections.
    const stream = await exec.start({
      Detach: false,
      Tty: false,
      hijack,
      stdin: hijack,
      abortSignal,
    });
    const output = await converse(stream, stdin, abortSignal);
    return { exitCode: await exitCodeOf(exec, abortSignal), ...output };
  } catch (error) {
    if (!timeout.aborted) throw error;
    throw timedOut(`The command ${argv[0] ?? ''} in the container`, timeoutMs, error);
  }
}

/**
 * Writes all input to a stream of the engine, closes that direction only, and reads what comes
 * back until the other side ends.
 */
export async function converse(
  stream: Duplex,
  stdin: string | Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Output> {
  const abort = () => stream.destroy(abortError(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    // Begun before the input is written: a command that answers while it still reads (cat) would
    // otherwise fill both buffers and stand still.
    const received = collect(stream, outputLimit);
    if (stdin !== undefined) {
      // A command that ends before it has read everything closes the pipe; its exit code tells.
      stream.on('error', ignoreBrokenPipe);
      stream.end(stdin);
    }
    return demultiplex(await received);
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/** The error of work that took longer than it may. */
export function timedOut(what: string, timeoutMs: number, cause: unknown): JackerError {
  return new JackerError(
    'docker-failed',
    { what: `${what} did not end within ${timeoutMs / 1000} seconds` },
    { cause },
  );
}

function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error('stopped', { cause: signal.reason }), { code: 'ABORT_ERR' });
}

function ignoreBrokenPipe(): void {
  // The reading side reports the same failure to whoever awaits it.
}

/** The output ends a moment before the engine records the exit. */
async function exitCodeOf(exec: Docker.Exec, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect({ abortSignal: signal });
    if (!Running && ExitCode !== null) return ExitCode;
    await delay(pollMs, undefined, { signal });
  }
}
