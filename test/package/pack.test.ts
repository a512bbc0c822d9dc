import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackage, root, type PackedPackage } from './packed.ts';

let packed: PackedPackage;
let folder: string;
let binary: string;

beforeAll(async () => {
  packed = await packPackage();
  ({ folder, binary } = packed);
});

afterAll(() => packed.remove());

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

it('ships what it says that it ships, and nothing that is not there', async () => {
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: string[];
  };
  const installed = join(folder, 'prefix/lib/node_modules/jacker');
  for (const entry of files) expect(existsSync(join(installed, entry)), entry).toBe(true);
});

it('brings the licence of every package whose code it contains', async () => {
  const text = await readFile(
    join(folder, 'prefix/lib/node_modules/jacker/dist/THIRD-PARTY-LICENSES.txt'),
    'utf8',
  );
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  // What the sources import by name is in the bundle, and so is what that imports.
  const imported = new Set<string>();
  for (const file of await readdir(join(root, 'src'), { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const source = await readFile(join(root, 'src', file), 'utf8');
    for (const [line, name = ''] of source.matchAll(
      /^(?:import|\} from|.*await import\().*?'((?:@[^/']+\/)?[^./'][^/']*)/gm,
    )) {
      if (name in devDependencies && !line.startsWith('import type')) imported.add(name);
    }
  }
  expect([...imported]).toEqual(expect.arrayContaining(['commander', 'zod', 'dockerode', 'yaml']));
  for (const name of [...imported, 'ssh2', 'docker-modem']) {
    expect(text, name).toMatch(new RegExp(`^${name} \\d+\\.\\S+ \\(\\S.*\\)$`, 'm'));
  }
  expect(text).toContain('Permission is hereby granted, free of charge');
  expect(text).toContain('Apache License');
  expect(text).not.toMatch(/^(vitest|typescript|rolldown) /m);
});

describe('started by its name', () => {
  // As a shell does it: the kernel reads the first line of the file that npm has linked.
  const start = (program: string, args: readonly string[], cwd: string) =>
    execa(program, args, {
      cwd,
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
  const programs = () => [
    binary,
    join(root, 'dist/bin.cjs'),
    relative(folder, join(root, 'dist/bin.cjs')),
  ];

  it('leaves --env-file to the program: a missing one is its own error, not that of Node', async () => {
    for (const program of programs()) {
      const ended = await start(program, ['plan', '--env-file', 'missing.env'], folder);
      expect(ended.stderr).toContain('missing.env');
      expect(ended.stderr).toContain('jacker init');
      expect(ended.exitCode).toBe(2);
    }
  });

  it('runs no code that a settings file names in NODE_OPTIONS', async () => {
    const hook = join(folder, 'hook.cjs');
    const proof = join(folder, 'ran');
    await writeFile(hook, `require('node:fs').writeFileSync(${JSON.stringify(proof)}, '')`);
    await writeFile(join(folder, 'evil.env'), `NODE_OPTIONS=--require=${hook}\n`);
    for (const program of programs()) {
      const ended = await start(program, ['config', 'get', '--env-file', 'evil.env'], folder);
      expect(ended.stderr).toContain('NODE_OPTIONS');
      expect(existsSync(proof)).toBe(false);
    }
    // The hook works: Node itself, given the option, runs it.
    await start('node', ['--env-file', 'evil.env', '-e', '0'], folder);
    expect(existsSync(proof)).toBe(true);
  });

  // Options of Node's own, such as --env-file, npx loses to its own Node before it starts anything.
  it('works through npx, also in a folder with a blank in its name', async () => {
    const elsewhere = join(folder, 'an other place');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'package.json'), '{}');
    const tarball = packed.archive;
    await execa('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], {
      cwd: elsewhere,
    });
    const ended = await start('npx', ['--offline', 'jacker', 'completion', 'bash'], elsewhere);
    expect(ended.stdout).toContain('jacker __complete');
    expect(ended.exitCode).toBe(0);
  });
});

it('brings its templates: init and plan work in an empty folder elsewhere', async () => {
  const project = join(folder, 'project');
  await mkdir(project);
  const made = await run(['init', '--no-input'], project);
  expect(made.stderr).toContain('admin-password');
  expect(made.exitCode).toBe(0);
  expect((await run(['plan'], project)).stdout).toContain('+ service traefik');
  expect(await readFile(join(project, 'compose/traefik.yml'), 'utf8')).toContain('cap_drop');
});
