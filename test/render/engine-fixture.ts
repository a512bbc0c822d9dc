import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { nodeWorld } from '../../src/io/node-world.ts';
import type { RenderedProject } from '../../src/render/render-project.ts';
import {
  imageReference,
  prepareProject,
  renderPrepared,
  type PreparedProject,
} from '../../src/usecases/prepare.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { addSample, root, writeProject, type ProjectFiles } from './project-fixture.ts';

/** How a command ended. */
export interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A container that runs until the fixture is removed. */
export interface RunningContainer {
  name: string;
  exec(argv: readonly string[], input?: string): Promise<Output>;
  /** Everything that it has printed. */
  logs(): Promise<string>;
  /** Resolves when a line matches; rejects with the log where the container ends before. */
  until(pattern: RegExp): Promise<void>;
}

/** A rendered project on the disk, with real secrets, whose services can be run one by one. */
export interface EngineProject {
  testbed: Testbed;
  directory: string;
  prepared: PreparedProject;
  rendered: RenderedProject;
  docker(argv: readonly string[], env?: Record<string, string>): Promise<Output>;
  /** Runs a program of a service's image once, with the service's files mounted where they belong. */
  once(service: string, argv: readonly string[]): Promise<Output>;
  /** The same, in the background; `files` are mounted in addition (or instead). */
  start(
    service: string,
    argv: readonly string[],
    files?: Readonly<Record<string, string>>,
  ): Promise<RunningContainer>;
  /** What a secret holds. */
  secret(name: string): Promise<string>;
  remove(): Promise<void>;
}

/** Renders a project with secrets of its own and writes it where the engine can mount it. */
export async function createEngineProject(
  files: ProjectFiles,
  options: { sample?: boolean } = {},
): Promise<EngineProject> {
  const testbed = await ensureTestbed();
  const directory = await mkdtemp(join(tmpdir(), 'jacker-validate-'));
  await chmod(directory, 0o755);
  const { '.env': env = '', ...others } = files;
  await writeProject(directory, {
    '.env': [
      env,
      `DOCKER_SOCKET=${testbed.socketPath}`,
      ...(testbed.imageMirror ? [`IMAGE_MIRROR=${testbed.imageMirror}`] : []),
      '',
    ].join('\n'),
    ...others,
  });
  if (options.sample) await addSample(directory);
  const world = nodeWorld({ color: 'never' });
  const prepared = await prepareProject({
    world,
    root,
    location: { directory, envPath: join(directory, '.env') },
    reporter: { step: () => undefined, progress: () => undefined, note: () => undefined },
  });
  world.close();
  await prepared.secrets.ensure(prepared.specs.filter((spec) => !spec.rendered));
  const rendered = await renderPrepared(prepared);
  for (const [path, { content, mode }] of [...rendered.tree, ...rendered.secret]) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { mode });
  }
  // Who may read them is another test's subject; here each program just has to see its own.
  await chmod(join(directory, 'secrets'), 0o755);
  for (const name of await readdir(join(directory, 'secrets'))) {
    await chmod(join(directory, 'secrets', name), 0o444);
  }

  const docker: EngineProject['docker'] = async (argv, more = {}) => {
    const result = await execa('docker', argv, {
      env: { HOME: directory, ...testbed.env, ...more },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: 120_000,
    });
    return {
      exitCode: result.exitCode ?? -1,
      stdout: result.stdout,
      stderr: result.stderr,
    };
  };
  const names: string[] = [];
  const network = `jacker-validate-${randomBytes(6).toString('hex')}`;
  const created = await docker(['network', 'create', '--internal', network]);
  if (created.exitCode !== 0) throw new Error(created.stderr);
  const runOptions = (service: string, extra: Readonly<Record<string, string>>): string[] => {
    const found = prepared.project.stack.services.find(({ name }) => name === service);
    if (!found) throw new Error(`no service ${service}`);
    const { manifest } = found.definition;
    const mounts = new Map([
      ...found.configs.map((config): [string, string] => [
        config.declaration.target,
        join(directory, config.path),
      ]),
      ...found.secrets.map(({ secret, target }): [string, string] => [
        target,
        join(directory, 'secrets', secret),
      ]),
      ...Object.entries(extra),
    ]);
    return [
      `--network=${network}`,
      `--network-alias=${service}`,
      '--read-only',
      ...Object.entries(found.definition.fragment.environment ?? {}).flatMap(([key, value]) => [
        '-e',
        `${key}=${value ?? ''}`,
      ]),
      '--cap-drop=ALL',
      `--user=${manifest.identity}`,
      ...new Set([
        '--tmpfs=/tmp:mode=0777',
        ...manifest.writes.flatMap((write) =>
          'tmpfs' in write
            ? write.tmpfs === '/tmp'
              ? []
              : [`--tmpfs=${write.tmpfs}:mode=0777`]
            : [`--volume=${write.path}`],
        ),
      ]),
      ...[...mounts].flatMap(([target, source]) => ['-v', `${source}:${target}:ro`]),
    ];
  };
  const command = (service: string, argv: readonly string[]): string[] => {
    const found = prepared.project.stack.services.find(({ name }) => name === service);
    const image = found ? imageReference(prepared.project, found) : '';
    return ['--entrypoint', argv[0] ?? '', image, ...argv.slice(1)];
  };

  return {
    testbed,
    directory,
    prepared,
    rendered,
    docker,
    once: (service, argv) =>
      docker(['run', '--rm', ...runOptions(service, {}), ...command(service, argv)]),
    start: async (service, argv, extra = {}) => {
      const name = `jacker-validate-${randomBytes(6).toString('hex')}`;
      names.push(name);
      const started = await docker([
        'run',
        '-d',
        `--name=${name}`,
        ...runOptions(service, extra),
        ...command(service, argv),
      ]);
      if (started.exitCode !== 0) throw new Error(started.stderr);
      const logs = async (): Promise<string> => {
        const { stdout, stderr } = await docker(['logs', name]);
        return stdout + stderr;
      };
      return {
        name,
        logs,
        exec: async (words, input) => {
          const result = await execa('docker', ['exec', '-i', name, ...words], {
            env: { HOME: directory, ...testbed.env },
            extendEnv: false,
            reject: false,
            timeout: 60_000,
            stripFinalNewline: false,
            input: input ?? '',
          });
          return {
            exitCode: result.exitCode ?? -1,
            stdout: result.stdout,
            stderr: result.stderr,
          };
        },
        until: async (pattern) => {
          const follow = execa('docker', ['logs', '-f', name], {
            env: { HOME: directory, ...testbed.env },
            extendEnv: false,
            reject: false,
            all: true,
            timeout: 60_000,
          });
          for await (const line of follow.iterable({ from: 'all' })) {
            if (!pattern.test(line)) continue;
            follow.kill();
            return;
          }
          throw new Error(`ended, or a minute passed, before ${String(pattern)}:\n${await logs()}`);
        },
      };
    },
    secret: async (name) => (await prepared.secrets.read(name)) ?? '',
    remove: async () => {
      if (names.length > 0) await docker(['rm', '-f', '-v', ...names]);
      await docker(['network', 'rm', network]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
