import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../../test/e2e/project.ts';
import { median, printFigures, type Figure } from './figures.ts';

/** The linters that it is compared with, at fixed versions; kept outside of the checkout. */
const peers = { dclint: '3.1.0', 'compose-lint': '0.36.2' };
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'jacker-bench');
const figures: Figure[] = [];
const folder = await mkdtemp(join(tmpdir(), 'jacker-bench-'));

/** A service as people write them, with the usual mistakes. */
function service(index: number): string {
  return `  app${index}:
    image: nginx:1.${10 + (index % 20)}
    restart: unless-stopped
    # the web server
    ports:
      - "${8000 + (index % 900)}:80"
      - "127.0.0.1:${9000 + (index % 900)}:443"
    environment:
      - MODE=production
      - DB_PASSWORD=secret-number-${index}
    volumes:
      - data${index}:/var/lib/data
      - ./conf:/etc/nginx:ro
    depends_on:
      - db
    networks:
      - backend
    deploy:
      resources:
        limits:
          memory: 256M
`;
}

function stack(services: number): string {
  const range = Array.from({ length: services }, (_, index) => index);
  return `services:
${range.map(service).join('')}  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: \${DB_PASSWORD:-changeme}
    volumes:
      - db:/var/lib/postgresql/data
    networks: [backend]
networks:
  backend:
volumes:
  db:
${range.map((index) => `  data${index}: {}\n`).join('')}`;
}

/**
 * Runs a command that may end with findings; answers its time in ms and its peak memory in MiB.
 *
 * @param output `unread`: what it prints goes to /dev/null. To read ten megabytes here takes a third of a
 *   second, in which the command waits.
 */
async function timed(
  command: string,
  args: readonly string[],
  output: 'read' | 'unread' = 'read',
): Promise<{ ms: number; mib: number; stdout: string }> {
  const start = performance.now();
  const result = await execa('/usr/bin/time', ['-f', '%M', command, ...args], {
    cwd: folder,
    reject: false,
    maxBuffer: 1024 ** 3,
    stdout: output === 'read' ? 'pipe' : 'ignore',
  });
  const ms = performance.now() - start;
  if (result.exitCode === undefined || result.exitCode > 4) {
    throw new Error(`${command} ${args.slice(0, 2).join(' ')}: ${result.stderr.slice(-500)}`);
  }
  const mib = Number(result.stderr.trimEnd().split('\n').at(-1)) / 1024;
  return { ms, mib, stdout: result.stdout ?? '' };
}

const audit = (args: readonly string[], output?: 'unread') =>
  timed(process.execPath, [binary, 'audit', ...args], output);

async function growth(): Promise<void> {
  const times = new Map<number, number>();
  let peak = 0;
  for (const size of [10, 100, 1000, 10_000]) {
    const file = join(folder, `stack-${size}.yml`);
    await writeFile(file, stack(size));
    const runs = [];
    for (let round = 0; round < 3; round++) runs.push(await audit(['--json', file]));
    times.set(size, median(runs.map((run) => run.ms)));
    peak = Math.max(peak, ...runs.map((run) => run.mib));
    const { stacks } = JSON.parse(runs[0]?.stdout ?? '{}') as { stacks: { services: number }[] };
    if (stacks[0]?.services !== size + 1) throw new Error(`${size} services were not examined`);
  }
  const of = (size: number): number => times.get(size) ?? Number.NaN;
  figures.push(
    {
      name: 'services audited per second, of 10,000 in one file',
      value: 10_000 / (of(10_000) / 1000),
      unit: '/s',
      bound: 2000,
      least: true,
      detail: `${of(10_000).toFixed(0)} ms with the start of the program`,
    },
    {
      // What the start costs stands in both terms and falls out of the differences.
      name: 'cost of a service among 10,000 against among 1,000',
      value: (of(10_000) - of(1000)) / 9000 / ((of(1000) - of(10)) / 990),
      unit: 'x',
      bound: 1.5,
      detail: [...times].map(([size, ms]) => `${size}: ${ms.toFixed(0)} ms`).join(', '),
    },
    {
      name: 'peak memory with 10,000 services',
      value: peak,
      unit: ' MiB',
      bound: 512,
      detail: 'maximum resident set',
    },
  );
}

/** Installs a linter where it is not there yet. */
async function install(): Promise<{ dclint: string; composeLint: string }> {
  const npm = join(cache, `dclint-${peers.dclint}`);
  const dclint = join(npm, 'node_modules/.bin/dclint');
  if (!existsSync(dclint)) {
    await mkdir(npm, { recursive: true });
    await writeFile(join(npm, 'package.json'), '{"private":true}');
    await execa('npm', ['install', '--no-audit', '--no-fund', `dclint@${peers.dclint}`], {
      cwd: npm,
    });
  }
  const python = join(cache, `compose-lint-${peers['compose-lint']}`);
  const composeLint = join(python, 'bin/compose-lint');
  if (!existsSync(composeLint)) {
    await mkdir(cache, { recursive: true });
    await execa('python3', ['-m', 'venv', python]);
    await execa(join(python, 'bin/pip'), [
      'install',
      '--quiet',
      `compose-lint==${peers['compose-lint']}`,
    ]);
  }
  return { dclint, composeLint };
}

async function manyFiles(): Promise<void> {
  const { dclint, composeLint } = await install();
  const many = join(folder, 'many');
  const paths: string[] = [];
  for (let index = 0; index < 1000; index++) {
    const path = join(many, `s${index}`, 'docker-compose.yml');
    await mkdir(join(many, `s${index}`), { recursive: true });
    await writeFile(path, stack(2));
    paths.push(path);
  }
  const ours: number[] = [];
  const theirs: Record<string, number[]> = { dclint: [], 'compose-lint': [] };
  for (let round = 0; round < 4; round++) {
    const runs = [
      [ours, () => audit([many], 'unread')],
      [theirs['dclint'] ?? [], () => timed(dclint, ['-r', many], 'unread')],
      [theirs['compose-lint'] ?? [], () => timed(composeLint, paths, 'unread')],
    ] as const;
    for (const [times, run] of runs) {
      const { ms } = await run();
      if (round > 0) times.push(ms);
    }
  }
  for (const [name, bound] of [
    ['dclint', 20],
    ['compose-lint', 4],
  ] as const) {
    const other = median(theirs[name] ?? []);
    figures.push({
      name: `1,000 small files: ${name} ${peers[name]} against jacker audit`,
      value: other / median(ours),
      unit: 'x',
      bound,
      least: true,
      detail: `${other.toFixed(0)} ms against ${median(ours).toFixed(0)} ms`,
    });
  }
}

try {
  if (!existsSync('/usr/bin/time')) throw new Error('install the package time first');
  await readFile(binary);
  await growth();
  await manyFiles();
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = printFigures(figures) === 0 ? 0 : 1;
