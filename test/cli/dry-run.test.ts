import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from '../../src/io/world.ts';
import { createProgram } from '../../src/cli/program.ts';
import { snapshot } from '../bad-input/folder.ts';
import { inFolder, jacker } from './binary.ts';

/** Words for the arguments of the commands that need some; and what is tried besides. */
const words: Readonly<Record<string, readonly string[][]>> = {
  init: [['--no-input', '--domain', 'other.test', '--set', 'SIGN_IN_BANNER=Hello']],
  up: [[], ['--yes']],
  down: [[], ['--volumes', '--confirm', 'jacker']],
  exec: [['redis', 'true']],
  logs: [[], ['redis']],
  restart: [[], ['redis']],
  verify: [[], ['--attack']],
  'services enable': [['postgres']],
  'services disable': [['postgres']],
  'config set': [['DOMAIN=other.test'], ['--unset', 'HTTPS_PORT']],
  'config explain': [['DOMAIN']],
  'secrets generate': [[], ['--force', 'redis-oauth'], ['--force', 'ca.crt']],
  'secrets show': [['redis-oauth']],
  'certs renew': [[], ['--authority']],
  completion: [['bash']],
};

/** Every command that can be called, by its words; groups and hidden ones left out. */
function commandsOf(parent: Command, prefix: readonly string[] = []): string[] {
  return parent.commands
    .filter((child) => !child.name().startsWith('_'))
    .flatMap((child) =>
      child.commands.length > 0
        ? commandsOf(child, [...prefix, child.name()])
        : [[...prefix, child.name()].join(' ')],
    );
}

const world = { terminal: { columns: 80, out: () => undefined, err: () => undefined }, env: {} };
const all = commandsOf(
  createProgram(
    { world: world as unknown as World, workingDirectory: '/', version: '0' },
    { exitCode: 0 },
  ),
);

it('knows every command', () => {
  expect(all).toEqual(expect.arrayContaining(['init', 'up', 'secrets generate', 'certs renew']));
  expect(Object.keys(words).filter((name) => !all.includes(name))).toEqual([]);
});

/** One project for all: whoever changed it would fail the next one's comparison too. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jacker-dry-run-'));
  const made = await jacker(folder, ['init', '--no-input', '--https-port', '9443']);
  expect(made.exitCode).toBe(0);
  // Something is missing and something is changed, so that there is something to do.
  await rm(join(folder, 'secrets/redis-oauth'));
  await writeFile(join(folder, 'overrides/a.yml'), 'services: {redis: {stop_grace_period: 40s}}\n');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(all)(
  '%s --dry-run leaves every byte, mode and time of the folder as it was',
  async (name) => {
    const before = await snapshot(folder);
    for (const more of words[name] ?? [[]]) {
      const result = await jacker(folder, [...name.split(' '), '--dry-run', ...more], {
        env: { DOCKER_HOST: `unix://${folder}/nothing.sock` },
      });
      expect(result.stderr + result.stdout).not.toBe('');
      expect(await snapshot(folder), more.join(' ')).toEqual(before);
    }
  },
);

it('says which secrets and certificates would be made', () =>
  inFolder(async (folder) => {
    await jacker(folder, ['init', '--no-input']);
    const forced = await jacker(folder, [
      'secrets',
      'generate',
      '--dry-run',
      '--force',
      'admin-password',
    ]);
    expect(forced).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^renewed {2}admin-password\nrenewed {2}.+\nNothing was changed/,
      ) as unknown,
    });
    const renewed = await jacker(folder, ['certs', 'renew', '--dry-run']);
    expect(renewed.stdout).toMatch(/^Would renew edge-certificate,.* Nothing was changed\.$/);
  }));

it.each([
  ['exec', 'redis', 'true'],
  ['verify', '--attack'],
  ['restart', 'redis'],
])('refuses --dry-run for %s, which cannot say what would happen', (...args) =>
  inFolder(async (folder) => {
    await jacker(folder, ['init', '--no-input']);
    const [command = '', ...rest] = args;
    const { exitCode, stderr } = await jacker(folder, [command, '--dry-run', ...rest]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--dry-run');
  }),
);
