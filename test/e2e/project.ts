import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Testbed } from '../testbed/index.ts';

const root = join(import.meta.dirname, '../..');
/** The binary as it is shipped; `npm run build` makes it. */
export const binary = join(root, 'dist/bin.cjs');

/** How a run of the binary ended. */
export interface Run {
  exitCode: number;
  /** The signal that ended it. */
  signal?: string;
  stdout: string;
  stderr: string;
}

/** A project folder of a test's own, with ports and a name that nothing else uses. */
export interface TestProject {
  directory: string;
  name: string;
  domain: string;
  httpPort: number;
  httpsPort: number;
  /** The environment that reaches the testbed's engine. */
  env: Record<string, string>;
  /** Runs the binary in the folder; never throws on a non-zero exit. */
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** Like `run`, and fails the test with what was printed unless the exit code is 0. */
  succeed(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** A file of the folder. */
  read(path: string): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /** Sets or, with null, takes out lines of the `.env`. */
  set(settings: Readonly<Record<string, string | null>>): Promise<void>;
  /** The container of a service. */
  container(service: string): string;
  docker(args: readonly string[], input?: string): Promise<Run>;
  /** Removes containers, networks, volumes and the folder. */
  remove(): Promise<void>;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  timeoutMs?: number;
  /** A program and its arguments that start the binary: `setpriv ... --`. */
  launcher?: readonly string[];
  uid?: number;
  gid?: number;
}

/** What {@link createTestProject} may be told. */
export interface ProjectOptions {
  settings?: Readonly<Record<string, string>>;
  /** The tests' own application, with Postgres, Redis and the Docker API. */
  sample?: boolean;
  name?: string;
}

/** Makes a project folder with an `.env`; nothing is started. */
export async function createTestProject(
  testbed: Testbed,
  options: ProjectOptions = {},
): Promise<TestProject> {
  const directory = await mkdtemp(join(tmpdir(), 'jacker-e2e-'));
  const name =
    options.name ??
    `e2e${directory
      .slice(-6)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, 'x')}`;
  const [httpPort, httpsPort] = await freePorts(2);
  if (httpPort === undefined || httpsPort === undefined) throw new Error('no free port');
  const domain = options.settings?.['DOMAIN'] ?? 'jacker.localhost';
  const settings: Record<string, string> = {
    PROJECT_NAME: name,
    HTTP_PORT: String(httpPort),
    HTTPS_PORT: String(httpsPort),
    DOCKER_SOCKET: testbed.socketPath,
    ...(testbed.imageMirror ? { IMAGE_MIRROR: testbed.imageMirror } : {}),
    ...(options.sample ? { SERVICES_ENABLED: 'sample' } : {}),
    ...options.settings,
  };
  await writeFile(
    join(directory, '.env'),
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  await mkdir(join(directory, 'services'));
  if (options.sample) {
    await cp(
      join(root, 'test/fixtures/services/sample.yml'),
      join(directory, 'services/sample.yml'),
    );
  }
  const env = { ...testbed.env };
  const run: TestProject['run'] = async (args, runOptions = {}) => {
    const [program, ...argv] = [...(runOptions.launcher ?? []), process.execPath, binary, ...args];
    const result = await execa(program ?? '', argv, {
      cwd: directory,
      env: { HOME: join(directory, 'home'), ...env, ...runOptions.env },
      extendEnv: false,
      reject: false,
      timeout: runOptions.timeoutMs ?? 300_000,
      ...(runOptions.input === undefined ? { stdin: 'ignore' } : { input: runOptions.input }),
      ...(runOptions.uid === undefined ? {} : { uid: runOptions.uid }),
      ...(runOptions.gid === undefined ? {} : { gid: runOptions.gid }),
    });
    return {
      exitCode: result.exitCode ?? -1,
      ...(result.signal === undefined ? {} : { signal: result.signal }),
      stdout: result.stdout,
      stderr: result.stderr,
    };
  };
  const docker: TestProject['docker'] = async (args, input) => {
    const result = await execa('docker', args, {
      env: { ...env, HOME: directory },
      extendEnv: false,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
    return {
      exitCode: result.exitCode ?? -1,
      stdout: result.stdout,
      stderr: result.stderr,
    };
  };
  return {
    directory,
    name,
    domain,
    httpPort,
    httpsPort,
    env,
    run,
    succeed: async (args, runOptions) => {
      const result = await run(args, runOptions);
      if (result.exitCode === 0) return result;
      throw new Error(
        `jacker ${args.join(' ')} ended with ${String(result.exitCode)}\n${result.stdout}\n${result.stderr}`,
      );
    },
    read: (path) => readFile(join(directory, path), 'utf8'),
    write: async (path, content) => {
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), content);
    },
    set: async (changes) => {
      const lines = (await readFile(join(directory, '.env'), 'utf8'))
        .split('\n')
        .filter((line) => line !== '');
      const kept = lines.filter((line) => !((line.split('=')[0] ?? '') in changes));
      const added = Object.entries(changes).flatMap(([key, value]) =>
        value === null ? [] : [`${key}=${value}`],
      );
      await writeFile(join(directory, '.env'), [...kept, ...added, ''].join('\n'), { mode: 0o600 });
    },
    container: (service) => `${name}-${service}-1`,
    docker,
    remove: async () => {
      for (const kind of ['container', 'volume', 'network'] as const) {
        const list = await docker([
          kind,
          'ls',
          '-q',
          ...(kind === 'container' ? ['-a'] : []),
          '--filter',
          `label=com.docker.compose.project=${name}`,
        ]);
        const ids = list.stdout.split('\n').filter(Boolean);
        if (ids.length > 0)
          await docker([kind, 'rm', ...(kind === 'network' ? [] : ['-f']), ...ids]);
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Ports of loopback that nothing listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address ? address.port : 0;
    }),
  );
}
