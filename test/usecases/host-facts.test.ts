import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { createExaminer } from '../../src/usecases/examine-stacks.ts';

const run = promisify(execFile);

/** A folder with files, by their path, each with its text and mode. */
async function folderOf(files: Record<string, [string, number]>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-host-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, [text, mode]] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), mode);
  }
  return folder;
}

async function failures(folder: string, control: string, file = 'compose.yml'): Promise<string[]> {
  const examiner = createExaminer(nodeFileSystem(), {
    workingDirectory: folder,
    only: [control],
    today: '2026-06-01',
  });
  const { findings } = examiner.examine(await examiner.load([join(folder, file)]));
  return findings.map(({ subject, seen }) => `${subject}: ${seen}`).sort();
}

const secret = 'DB_PASSWORD=long-and-random-1\n';
const compose = `services:
  app:
    image: example.org/app:1
    env_file: [app.env]
    secrets: [token]
secrets:
  token: { file: ./secrets/token }
`;

describe('files that hold secrets', () => {
  it('are those that others may read', async () => {
    const folder = await folderOf({
      'compose.yml': [compose, 0o644],
      '.env': [secret, 0o644],
      'app.env': ['MODE=production\n', 0o644],
      'secrets/token': ['x', 0o640],
    });
    expect(await failures(folder, 'J-CRD-06')).toEqual([
      '.env: mode 0644',
      'secrets/token: mode 0640',
    ]);
    await chmod(join(folder, '.env'), 0o600);
    await chmod(join(folder, 'secrets/token'), 0o400);
    expect(await failures(folder, 'J-CRD-06')).toEqual([]);
  });

  it('are those that git keeps, also in a folder below its own', async () => {
    const folder = await folderOf({
      'stack/compose.yml': [compose, 0o644],
      'stack/.env': [secret, 0o600],
      'stack/app.env': [secret, 0o600],
      'stack/secrets/token': ['x', 0o600],
      '.gitignore': ['secrets/\n.env\n', 0o644],
    });
    const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
    await run('git', ['init', '--quiet'], { cwd: folder, env });
    await run('git', ['add', '--all'], { cwd: folder, env });
    expect(await failures(folder, 'J-CRD-06', 'stack/compose.yml')).toEqual([
      'stack/app.env: mode 0600, kept by git',
    ]);
  });

  it('are looked at through a link, and nowhere outside of the stack’s folder', async () => {
    const folder = await folderOf({
      'compose.yml': [compose.replace('./secrets/token', '/etc/passwd'), 0o644],
      'app.env': ['', 0o644],
      'kept/env': [secret, 0o604],
    });
    await symlink('kept/env', join(folder, '.env'));
    expect(await failures(folder, 'J-CRD-06')).toEqual(['.env: mode 0604']);
  });
});

describe('a mounted configuration', () => {
  const traefik = (mount: string): string =>
    `services:\n  edge:\n    image: traefik:v3.6\n    volumes: ["${mount}"]\n`;

  it.each(['./traefik:/etc/traefik:ro', './traefik/traefik.yml:/etc/traefik/traefik.yml:ro'])(
    'is read where it lies beside the Compose file: %s',
    async (mount) => {
      const folder = await folderOf({
        'compose.yml': [traefik(mount), 0o644],
        'traefik/traefik.yml': [
          'certificatesResolvers:\n  le:\n    acme: { email: "${MAIL}" }\n',
          0o644,
        ],
      });
      expect(await failures(folder, 'J-EDG-17')).toEqual([
        'edge: a variable in /etc/traefik/traefik.yml',
      ]);
    },
  );

  it('tells which alert rules are not in the container', async () => {
    const text = (rules: string): string =>
      `services:\n  prometheus:\n    image: prom/prometheus:v3.8.0\n    volumes:\n      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro\n${rules}`;
    const folder = await folderOf({
      'compose.yml': [text(''), 0o644],
      'prometheus.yml': ['rule_files:\n  - rules/*.yml\n', 0o644],
    });
    expect((await failures(folder, 'J-OBS-03'))[0]).toContain('rules/*.yml');
    await writeFile(
      join(folder, 'compose.yml'),
      text('      - ./rules:/etc/prometheus/rules:ro\n'),
    );
    expect(await failures(folder, 'J-OBS-03')).toEqual([]);
  });

  it('that is a pipe, or too large, is left alone', async () => {
    const folder = await folderOf({
      'compose.yml': [traefik('./traefik:/etc/traefik:ro'), 0o644],
      'traefik/large.yml': ['# ${MAIL}\n'.repeat(40_000), 0o644],
    });
    await run('mkfifo', [join(folder, 'traefik/traefik.yml')]);
    expect(await failures(folder, 'J-EDG-17')).toEqual([]);
  });
});
