import { afterEach, describe, expect, it } from 'vitest';
import { composeArguments, createCompose, type ComposeProject } from '../../src/docker/compose.ts';
import { JackerError } from '../../src/error.ts';
import { installFakeDocker, type FakeDocker } from './fake-docker.ts';

let fake: FakeDocker | undefined;

afterEach(async () => {
  await fake?.remove();
  fake = undefined;
});

const answering = (version: string, more = '') =>
  `case "$*" in *"version --short"*) echo '${version}'; exit 0;; esac\n${more}`;

async function projectWith(script: string): Promise<ComposeProject> {
  fake = await installFakeDocker(script);
  return {
    environment: { PATH: fake.path },
    projectDir: fake.folder,
    projectName: 'shop',
    files: ['/p/docker-compose.yml', '/p/overrides/my $(file).yml'],
  };
}

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

describe('docker compose', () => {
  it('gets every argument as it is: no shell reads file names or commands', async () => {
    const project = await projectWith(answering('2.26.1', 'exit 0'));
    const command = ['sh', '-c', 'echo "$HOME" `id`; rm -rf $(pwd) && *'];
    await createCompose(project).exec('web', command, { tty: false, user: '0:0' });
    const call = (await fake?.calls())?.find(({ argv }) => argv.includes('exec'));
    expect(call?.argv).toEqual([
      'compose',
      '--ansi',
      'never',
      '--project-directory',
      project.projectDir,
      '--project-name',
      'shop',
      '--env-file',
      '/dev/null',
      '--file',
      '/p/docker-compose.yml',
      '--file',
      '/p/overrides/my $(file).yml',
      'exec',
      '--no-TTY',
      '--user',
      '0:0',
      '--',
      'web',
      ...command,
    ]);
  });

  it('gets the given environment only, so that no secret of the shell reaches it', async () => {
    const project = await projectWith(answering('5.6.0', 'exit 0'));
    process.env['JACKER_TEST_PASSWORD'] = 'hunter2';
    try {
      await createCompose(project).config();
    } finally {
      delete process.env['JACKER_TEST_PASSWORD'];
    }
    const calls = (await fake?.calls()) ?? [];
    expect(calls).toHaveLength(2);
    for (const { env } of calls) {
      expect(
        Object.keys(env).filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)),
      ).toEqual(['PATH']);
    }
  });

  it('never removes volumes', async () => {
    const project = await projectWith(answering('5.6.0', 'exit 0'));
    await createCompose(project).down({ removeOrphans: true, timeout: 20 });
    const call = (await fake?.calls())?.find(({ argv }) => argv.includes('down'));
    expect(call?.argv.slice(call.argv.indexOf('down'))).toEqual([
      'down',
      '--remove-orphans',
      '--timeout',
      '20',
    ]);
  });

  it('takes a service that looks like an option for a service', () => {
    const project = { projectDir: '/p', projectName: 'shop', files: [] };
    expect(composeArguments(project, ['stop', '--', '--help']).slice(-2)).toEqual(['--', '--help']);
  });

  it.each([
    ['2.28.1', 'plain'],
    ['2.29.0', 'json'],
    ['5.6.0', 'json'],
  ])('of version %s is asked for progress as %s', async (version, format) => {
    const project = await projectWith(answering(version, 'exit 0'));
    await createCompose(project).up({ waitTimeoutSeconds: 5 });
    const call = (await fake?.calls())?.find(({ argv }) => argv.includes('up'));
    expect(call?.argv.slice(1, 3)).toEqual(['--progress', format]);
  });

  it('that is not installed is told from a plugin that is not', async () => {
    const project = await projectWith(
      `echo "docker: 'compose' is not a docker command." >&2; exit 1`,
    );
    const plugin = await failureOf(createCompose(project).version());
    const docker = await failureOf(
      createCompose({ ...project, environment: { PATH: '/nonexistent' } }).version(),
    );
    expect([plugin.exitCode, plugin.problems[0]?.what]).toEqual([
      69,
      'The Compose plugin of Docker is not installed',
    ]);
    expect([docker.exitCode, docker.problems[0]?.what]).toEqual([
      69,
      'The docker command is not installed',
    ]);
  });

  it('that is too old is refused before it does anything', async () => {
    const project = await projectWith(answering('2.23.3', 'exit 0'));
    const error = await failureOf(createCompose(project).up({ waitTimeoutSeconds: 5 }));
    expect([error.code, error.exitCode]).toEqual(['compose-too-old', 69]);
    expect(error.message).toContain('2.24.0 or newer');
    expect(await fake?.calls()).toHaveLength(1);
  });

  it('that fails gives its own last words', async () => {
    const project = await projectWith(
      answering('2.26.1', 'echo "service db: bad mount" >&2; exit 15'),
    );
    const error = await failureOf(createCompose(project).config());
    expect([error.code, error.problems[0]?.what, error.problems[0]?.why]).toEqual([
      'docker-failed',
      'docker compose config failed with 15',
      'service db: bad mount',
    ]);
  });

  it('is interrupted with SIGINT and waited for', async () => {
    const project = await projectWith(
      answering(
        '2.26.1',
        `trap 'echo done > "\${0%/*}/finished"; exit 130' INT
echo ' Container shop-db-1  Waiting' >&2
while :; do /bin/sleep 0.05; done`,
      ),
    );
    const abort = new AbortController();
    const compose = createCompose({ ...project, signal: abort.signal });
    const error = await failureOf(
      compose.up({ waitTimeoutSeconds: 60, onEvent: () => abort.abort() }),
    );
    expect([error.code, error.exitCode]).toEqual(['interrupted', 130]);
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(`${project.projectDir}/finished`, 'utf8')).toBe('done\n');
  });
});
