import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isTemporaryName } from '../../src/io/temporary-name.ts';
import { installFakeDocker } from '../docker/fake-docker.ts';
import { createTestProject, type TestProject } from '../e2e/project.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { errorOf, fill, run, snapshot } from './folder.ts';

const execute = promisify(execFile);
const good = 'DOMAIN=example.test\n';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await ensureTestbed();
});

/** What is in a project folder besides the lock and the log of what was tried. */
async function leftBehind(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true }))
    .filter((path) => !/^\.jacker(\/|$)/.test(path))
    .sort();
}

/** Every file outside the generations was written to its end. */
async function expectNothingHalfWritten(directory: string): Promise<void> {
  const paths = await readdir(directory, { recursive: true });
  expect(paths.filter((path) => isTemporaryName(basename(path)))).toEqual([]);
  for (const path of paths) {
    const facts = await stat(join(directory, path));
    if (/generations/.test(path) || !facts.isFile()) continue;
    expect(facts.size, path).toBeGreaterThan(0);
  }
}

describe('without what it needs on the machine', () => {
  it.each([
    [
      'no engine that answers',
      () => ({ ...testbed.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }),
      'docker-unavailable',
    ],
    ['no docker command', () => ({ ...testbed.env, PATH: '/nonexistent' }), 'docker-unavailable'],
  ] as const)('%s: up says so with 69 and makes nothing', async (_, env, code) => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}DOCKER_SOCKET=${testbed.socketPath}\n` });
    const ended = await run(directory, ['up', '--yes', '--json'], { env: env() });
    expect(errorOf(ended)).toMatchObject({
      code,
      exitCode: 69,
      problems: [{ hint: expect.stringMatching(/./) as string }],
    });
    expect(ended).toMatchObject({ exitCode: 69, stdout: '' });
    expect(await leftBehind(directory)).toEqual(['.env']);
  });

  it('a Compose that is too old: up says so with 69 and makes nothing', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}DOCKER_SOCKET=${testbed.socketPath}\n` });
    const fake = await installFakeDocker('echo 2.10.0');
    onTestFinished(() => fake.remove());
    const ended = await run(directory, ['up', '--yes', '--json'], {
      env: { ...testbed.env, PATH: `${fake.path}:/usr/bin:/bin` },
    });
    expect(errorOf(ended)).toMatchObject({ code: 'compose-too-old', exitCode: 69 });
    expect(await leftBehind(directory)).toEqual(['.env']);
    for (const { argv } of await fake.calls()) expect(argv).toContain('version');
  });

  it('no engine: plan needs none, and makes nothing', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}DOCKER_SOCKET=${testbed.socketPath}\n` });
    const made = await run(directory, ['secrets', 'generate']);
    expect(made.exitCode, made.stderr).toBe(0);
    const before = await snapshot(directory);
    const ended = await run(directory, ['plan', '--json']);
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ generation: null, hasChanges: true });
    expect(await snapshot(directory)).toEqual(before);
  });
});

describe('with something in the way', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await createTestProject(testbed, { settings: { PRESET: 'minimal' } });
  });
  afterAll(() => project.remove());

  it('a port that is taken: up names it with its setting, and starts nothing', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(project.httpsPort, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const ended = await run(project.directory, ['up', '--yes', '--json'], { env: project.env });
    expect(errorOf(ended)).toMatchObject({
      code: 'port-taken',
      exitCode: 1,
      problems: [{ where: { key: 'HTTPS_PORT' }, hint: expect.stringMatching(/./) as string }],
    });
    expect(await leftBehind(project.directory)).not.toContain('docker-compose.yml');
    const { stdout } = await project.docker([
      'ps',
      '-aq',
      '--filter',
      `label=com.docker.compose.project=${project.name}`,
    ]);
    expect(stdout).toBe('');
    await expectNothingHalfWritten(project.directory);
  });

  /** A folder on a file system of its own, with the project's `.env`. Only root can mount one. */
  async function smallDisk(kibibytes: number): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'jacker-full-'));
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', directory]);
    onTestFinished(async () => {
      await execute('umount', [directory]);
      await rm(directory, { recursive: true });
    });
    await fill(directory, { '.env': await project.read('.env') });
    return directory;
  }

  // Full while secrets are made, while the generation is kept, and while files are written.
  it.each([48, 96, 160, 256])(
    'a disk of %i KiB: up says that it is full and leaves nothing half-written',
    async (size) => {
      const directory = await smallDisk(size);
      const ended = await run(directory, ['up', '--yes', '--json'], { env: project.env });
      const [first] = errorOf(ended).problems;
      expect(ended.exitCode).not.toBe(0);
      expect(first).toMatchObject({
        what: expect.stringMatching(/^Cannot write /) as string,
        why: expect.stringMatching(/no space is left/) as string,
        hint: expect.stringMatching(/Free some space/) as string,
      });
      await expectNothingHalfWritten(directory);
    },
  );

  it('a disk that was full: after space is freed, the same command goes through', async () => {
    const directory = await smallDisk(256);
    const full = await run(directory, ['up', '--yes', '--json'], { env: project.env });
    expect(full.exitCode).not.toBe(0);
    await execute('mount', ['-o', 'remount,size=16m', directory]);
    const freed = await run(directory, ['up', '--yes'], { env: project.env });
    expect(freed.exitCode, freed.stderr).toBe(0);
    expect(
      (await readdir(directory, { recursive: true })).filter((path) => /\.tmp$/.test(path)),
    ).toEqual([]);
    const again = await run(directory, ['plan', '--json'], { env: project.env });
    expect(JSON.parse(again.stdout)).toMatchObject({ hasChanges: false });
    const down = await run(directory, ['down'], { env: project.env });
    expect(down.exitCode, down.stderr).toBe(0);
  });
});
