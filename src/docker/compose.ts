import { execa, type Options } from 'execa';
import { JackerError } from '../error.ts';
import {
  failureLines,
  parseComposePs,
  parseJsonProgress,
  parsePlainProgress,
  type ComposeContainer,
  type ComposeEvent,
} from './compose-output.ts';
import { isAtLeast } from './version.ts';

/** The oldest Compose that starts what Jacker renders. */
export const minimumComposeVersion = '2.24.0';
/** Since this version Compose writes its progress as JSON (docker/compose#11478). */
const jsonProgressVersion = '2.29.0';
const shownFailureLines = 15;

/** What a {@link Compose} works on. */
export interface ComposeProject {
  /** The reduced environment that reaches the engine: {@link Endpoint.environment}. */
  environment: Readonly<Record<string, string>>;
  projectDir: string;
  projectName: string;
  /** Compose files, absolute. */
  files: readonly string[];
  /** Aborting it interrupts Compose (SIGINT) and waits until it has stopped. */
  signal?: AbortSignal;
}

/** Options of {@link Compose.up}. */
export interface UpOptions {
  /** All services by default. */
  services?: readonly string[];
  /** Seconds until all must be healthy. */
  waitTimeoutSeconds: number;
  /** Leaves alone, and does not wait for, what the services depend on. */
  withoutDependencies?: boolean;
  removeOrphans?: boolean;
  /** `changed` by default: `always` also recreates what is up to date, `never` starts it only. */
  recreate?: 'changed' | 'always' | 'never';
  onEvent?: (event: ComposeEvent) => void;
}

/** Options of {@link Compose.logs}. */
export interface LogOptions {
  services?: readonly string[];
  follow?: boolean;
  /** Lines per container. */
  tail?: number;
  /** RFC 3339 time or a duration such as `10m`. */
  since?: string;
  /** Takes the text; by default it goes to this process's own output streams. */
  onOutput?: (text: string) => void;
}

/**
 * `docker compose` for one project. Every method throws JackerError: `docker-unavailable` where
 * Docker or its Compose plugin is not installed, `compose-too-old`, `docker-failed` with Compose's
 * last lines where it fails, and `interrupted` after an abort.
 */
export interface Compose {
  /** The plugin's version, for example `2.26.1`; never older than the minimum. */
  version(): Promise<string>;
  /** Checks the files as Compose reads them. */
  config(): Promise<void>;
  /** Creates and starts services and waits until they are running and healthy. */
  up(options: UpOptions): Promise<void>;
  /** Creates the containers that are missing, with their volumes and networks; starts nothing. */
  create(services: readonly string[]): Promise<void>;
  /** Removes containers and networks, never volumes. `timeout` is in seconds. */
  down(options?: { removeOrphans?: boolean; timeout?: number }): Promise<void>;
  restart(services: readonly string[]): Promise<void>;
  stop(services: readonly string[]): Promise<void>;
  pull(services: readonly string[], onEvent?: (event: ComposeEvent) => void): Promise<void>;
  ps(): Promise<ComposeContainer[]>;
  logs(options: LogOptions): Promise<void>;
  /** Runs a command with this process's own input and output; answers its exit code. */
  exec(
    service: string,
    argv: readonly string[],
    options: { tty: boolean; user?: string },
  ): Promise<number>;
}

/** Arguments of `docker` for a Compose command on a project. Never through a shell. */
export function composeArguments(
  project: Pick<ComposeProject, 'projectDir' | 'projectName' | 'files'>,
  command: readonly string[],
  progress?: 'json' | 'plain',
): string[] {
  return [
    'compose',
    ...(progress ? ['--progress', progress] : []),
    '--ansi',
    'never',
    '--project-directory',
    project.projectDir,
    '--project-name',
    project.projectName,
    // Rendered files hold final values; the user's .env is not for Compose to interpolate.
    '--env-file',
    '/dev/null',
    ...project.files.flatMap((file) => ['--file', file]),
    ...command,
  ];
}

/** Drives `docker compose` for one project. */
export function createCompose(project: ComposeProject): Compose {
  let knownVersion: Promise<string> | undefined;
  const version = () => (knownVersion ??= readVersion(project));

  /** Runs a command to its end and answers what it wrote to stdout. */
  const run = async (
    command: readonly string[],
    options: { progress?: (line: string) => void; format?: 'json' | 'plain' } = {},
  ): Promise<string> => {
    await version();
    const { progress, format } = options;
    const result = await spawn(project, composeArguments(project, command, format), {
      stdin: 'ignore',
      detached: true,
      ...(progress ? { stderr: eachLine(progress) } : {}),
    });
    if (result.failed) throw failure(command[0] ?? '', result);
    return result.stdout;
  };
  const runWithEvents = async (
    command: readonly string[],
    onEvent: ((event: ComposeEvent) => void) | undefined,
  ): Promise<void> => {
    const format = isAtLeast(await version(), jsonProgressVersion) ? 'json' : 'plain';
    const parse = format === 'json' ? parseJsonProgress : parsePlainProgress;
    // Compose repeats itself; a caller wants each change once.
    const states = new Map<string, string>();
    await run(command, {
      format,
      progress: (line) => {
        const event = parse(line, project.projectName);
        if (!event) return;
        const object = `${event.kind} ${event.name}`;
        if (states.get(object) === event.state) return;
        states.set(object, event.state);
        onEvent?.(event);
      },
    });
  };

  return {
    version,
    config: async () => {
      await run(['config', '--quiet']);
    },
    up: ({
      services = [],
      waitTimeoutSeconds,
      withoutDependencies,
      removeOrphans,
      recreate = 'changed',
      onEvent,
    }) =>
      runWithEvents(
        [
          'up',
          '--detach',
          '--wait',
          '--wait-timeout',
          String(waitTimeoutSeconds),
          '--no-build',
          ...(withoutDependencies ? ['--no-deps'] : []),
          ...(removeOrphans ? ['--remove-orphans'] : []),
          ...(recreate === 'always' ? ['--force-recreate'] : []),
          ...(recreate === 'never' ? ['--no-recreate'] : []),
          ...named(services),
        ],
        onEvent,
      ),
    create: async (services) => {
      await run(['create', '--no-build', '--no-recreate', ...named(services)]);
    },
    down: async ({ removeOrphans, timeout } = {}) => {
      await run([
        'down',
        ...(removeOrphans ? ['--remove-orphans'] : []),
        ...(timeout === undefined ? [] : ['--timeout', String(timeout)]),
      ]);
    },
    restart: async (services) => {
      await run(['restart', ...named(services)]);
    },
    stop: async (services) => {
      await run(['stop', ...named(services)]);
    },
    pull: (services, onEvent) => runWithEvents(['pull', ...named(services)], onEvent),
    ps: async () => parseComposePs(await run(['ps', '--all', '--format', 'json'])),
    logs: async ({ services = [], follow, tail, since, onOutput }) => {
      await version();
      const command = [
        'logs',
        ...(follow ? ['--follow'] : []),
        ...(tail === undefined ? [] : ['--tail', String(tail)]),
        ...(since === undefined ? [] : ['--since', since]),
        ...named(services),
      ];
      const result = await spawn(project, composeArguments(project, command), {
        stdin: 'ignore',
        stdout: onOutput ? eachLine((line) => onOutput(`${line}\n`)) : 'inherit',
        detached: true,
        // Followed logs may be endless.
        buffer: { stdout: false },
      });
      if (result.failed) throw failure('logs', result);
    },
    exec: async (service, argv, { tty, user }) => {
      await version();
      const command = [
        'exec',
        ...(tty ? [] : ['--no-TTY']),
        ...(user === undefined ? [] : ['--user', user]),
        '--',
        service,
        ...argv,
      ];
      // In the terminal's own process group, so that an interactive program owns the keyboard.
      const result = await spawn(project, composeArguments(project, command), {
        stdio: 'inherit',
      });
      if (result.interrupted || result.exitCode === undefined) throw failure('exec', result);
      return result.exitCode;
    },
  };
}

/** How a child process ended. */
interface Finished {
  failed: boolean;
  /** Stopped because the project's signal was aborted. */
  interrupted: boolean;
  /** The error code where it could not be started, for example `ENOENT`. */
  code?: string | undefined;
  exitCode?: number | undefined;
  signal?: string | undefined;
  stdout: string;
  stderr: string;
}

/**
 * Runs `docker`. A detached child has a process group of its own: a Ctrl-C in the terminal would
 * otherwise reach it besides Jacker's own signal, and at a second interrupt Compose gives up at
 * once. After an abort it is waited for however long it takes to reach a safe point.
 */
async function spawn(
  project: ComposeProject,
  argv: readonly string[],
  options: Options,
): Promise<Finished> {
  const { signal } = project;
  if (signal?.aborted) return { failed: true, interrupted: true, stdout: '', stderr: '' };
  const child = execa('docker', [...argv], {
    cwd: project.projectDir,
    env: project.environment,
    extendEnv: false,
    reject: false,
    ...options,
  });
  const interrupt = () => {
    // The whole group: the plugin that does the work is a child of `docker`.
    if (options.detached) interruptGroup(child.pid);
    else child.kill('SIGINT');
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const result = await child;
    return {
      failed: result.failed,
      interrupted: result.failed && (signal?.aborted ?? false),
      code: result.code,
      exitCode: result.exitCode,
      signal: result.signal,
      stdout: textOf(result.stdout),
      stderr: textOf(result.stderr),
    };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

function interruptGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGINT');
  } catch (error) {
    // It ended in this very moment, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

/** Passes each line on as it comes; it stays part of the collected output. */
function eachLine(take: (line: string) => void) {
  return function* (line: unknown): Generator {
    take(String(line));
    yield line;
  };
}

/** Names of services after `--`, so that none is ever taken for an option. */
function named(services: readonly string[]): string[] {
  return services.length === 0 ? [] : ['--', ...services];
}

async function readVersion(project: ComposeProject): Promise<string> {
  const result = await spawn(project, ['compose', 'version', '--short'], { stdin: 'ignore' });
  if (result.failed) {
    if (result.code === 'ENOENT' || result.interrupted) throw failure('version', result);
    throw new JackerError('docker-unavailable', {
      what: 'The Compose plugin of Docker is not installed',
      why: failureLines(result.stderr, 1),
      hint: 'Install it: https://docs.docker.com/compose/install/linux/ (package docker-compose-plugin)',
    });
  }
  const version = result.stdout.trim().replace(/^v/, '');
  if (!isAtLeast(version, minimumComposeVersion)) {
    throw new JackerError('compose-too-old', {
      what: `Docker Compose ${version} is too old`,
      why: `${minimumComposeVersion} or newer is needed`,
      hint: 'Update it: https://docs.docker.com/compose/install/linux/ (package docker-compose-plugin)',
    });
  }
  return version;
}

function failure(command: string, result: Finished): JackerError {
  if (result.interrupted) {
    return new JackerError('interrupted', { what: `docker compose ${command} was stopped` });
  }
  if (result.code === 'ENOENT') {
    return new JackerError('docker-unavailable', {
      what: 'The docker command is not installed',
      why: 'it is not on the PATH',
      hint: 'Install Docker Engine and its Compose plugin: https://docs.docker.com/engine/install/',
    });
  }
  const lines = failureLines(result.stderr, shownFailureLines);
  if (/permission denied.*(docker\.sock|docker API|daemon socket)/i.test(lines)) {
    return new JackerError('permission', {
      what: 'You may not use Docker’s socket',
      why: lines,
      hint: 'Join the group: sudo usermod -aG docker "$USER", then log in again; or use sudo, or a rootless engine.',
    });
  }
  if (/cannot connect to the docker daemon|failed to connect to the docker API/i.test(lines)) {
    return new JackerError('docker-unavailable', {
      what: 'The Docker Engine cannot be reached',
      why: lines,
      hint: 'Start it: sudo systemctl start docker',
    });
  }
  const status = result.exitCode === undefined ? (result.signal ?? '') : String(result.exitCode);
  return new JackerError('docker-failed', {
    what: `docker compose ${command} failed with ${status}`,
    why: lines === '' ? 'it gave no reason' : lines,
    hint: 'See what the services say: jacker logs',
  });
}
