import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
let folder: string;
let binary: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jacker-pack-'));
  const packed = await execa(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    {
      cwd: root,
    },
  );
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const prefix = join(folder, 'prefix');
  await execa('npm', [
    'install',
    '--global',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    join(folder, filename),
  ]);
  binary = join(prefix, 'bin/jacker');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: readonly string[], cwd: string) =>
  execa(process.execPath, [binary, ...args], {
    cwd,
    env: { PATH: '/usr/bin:/bin', HOME: folder },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });

it('installs without a registry, because it depends on no other package', async () => {
  const manifest = JSON.parse(
    await readFile(join(folder, 'prefix/lib/node_modules/jacker/package.json'), 'utf8'),
  ) as { dependencies?: object; version: string };
  expect(manifest.dependencies ?? {}).toEqual({});
  expect((await run(['--version'], folder)).stdout).toBe(manifest.version);
});

it('brings its templates: init and plan work in an empty folder elsewhere', async () => {
  const project = join(folder, 'project');
  await mkdir(project);
  const made = await run(['init', '--no-input'], project);
  expect(made.stderr).toContain('admin-password');
  expect(made.exitCode).toBe(0);
  expect((await run(['plan'], project)).stdout).toBe('No changes.');
  expect(await readFile(join(project, 'compose/traefik.yml'), 'utf8')).toContain('cap_drop');
});
