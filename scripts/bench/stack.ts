import { execa } from 'execa';
import { Agent, request } from 'node:https';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient } from '../../test/e2e/http-client.ts';
import { binary, createTestProject, freePorts, type TestProject } from '../../test/e2e/project.ts';
import { ensureTestbed } from '../../test/testbed/index.ts';
import { median, pair, printFigures, ratioOf, type Figure } from './figures.ts';

const figures: Figure[] = [];
const ratio = (...given: Parameters<typeof ratioOf>): void => {
  figures.push(ratioOf(...given));
};

/** Requests per second that 32 connections get from a URL in the given time. */
async function load(
  url: string,
  port: number,
  ca: string | undefined,
  headers: Record<string, string>,
  milliseconds: number,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const target = new URL(url);
  const until = performance.now() + milliseconds;
  let done = 0;
  const one = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          servername: target.hostname,
          path: target.pathname,
          agent,
          headers: { host: target.host, ...headers },
          ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const status = await one();
      if (status !== 200) throw new Error(`${url} answered ${String(status)} under load`);
      done++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  agent.destroy();
  return done / (milliseconds / 1000);
}

/** Peak resident memory of one run of the binary, in MiB. */
async function peakMemory(project: TestProject, args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-bench-'));
  const hook = join(folder, 'hook.mjs');
  const out = join(folder, 'peak');
  await writeFile(
    hook,
    `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => writeFileSync(${JSON.stringify(out)}, String(process.resourceUsage().maxRSS)));\n`,
  );
  await project.succeed(args, { env: { NODE_OPTIONS: `--import=${hook}` } });
  const kilobytes = Number(await readFile(out, 'utf8'));
  await rm(folder, { recursive: true });
  return kilobytes / 1024;
}

async function edgeThroughput(project: TestProject): Promise<void> {
  const client = await createHttpClient(project);
  await client.signIn(await project.read('secrets/admin-password'));
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const ca = await project.read('secrets/ca.crt');
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'jacker-bench-'));
  const lock = await project.read('images.lock');
  const traefik = /^"?(\S+traefik:v[^":]+)"?:/m.exec(lock)?.[1] ?? '';
  await writeFile(
    join(folder, 'dynamic.yml'),
    'http:\n  routers:\n    all: { rule: "PathPrefix(`/`)", service: page, tls: {} }\n  services:\n    page: { loadBalancer: { servers: [{ url: "http://error-pages:8080" }] } }\n',
    { mode: 0o644 },
  );
  const name = `${project.name}-bench`;
  await docker(project, [
    'run',
    '-d',
    '--name',
    name,
    '-p',
    `127.0.0.1:${String(port)}:8443`,
    '-v',
    `${folder}:/dynamic:ro`,
    traefik,
    '--entrypoints.web.address=:8443',
    '--providers.file.directory=/dynamic',
  ]);
  await docker(project, ['network', 'connect', `${project.name}_error-pages--traefik`, name]);
  try {
    const guarded = (milliseconds: number) =>
      load(
        `https://${project.domain}:${String(project.httpsPort)}/`,
        project.httpsPort,
        ca,
        { cookie },
        milliseconds,
      );
    const alone = (milliseconds: number) =>
      load(`https://bench.localhost:${String(port)}/`, port, undefined, {}, milliseconds);
    const rounds: [number[], number[]] = [[], []];
    await guarded(1000);
    await alone(1000);
    for (let round = 0; round < 3; round++) {
      rounds[0].push(await guarded(4000));
      rounds[1].push(await alone(4000));
    }
    figures.push({
      name: 'requests per second, SSO and rate limit on, against Traefik alone',
      value: median(rounds[0]) / median(rounds[1]),
      unit: 'x',
      detail: `${median(rounds[0]).toFixed(0)}/s against ${median(rounds[1]).toFixed(0)}/s`,
    });
  } finally {
    await docker(project, ['rm', '-f', name]);
    await rm(folder, { recursive: true });
  }
}

/** Runs the docker command; a figure of a command that failed would say nothing. */
async function docker(project: TestProject, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await project.docker([...args]);
  if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Compose on the project's own files. */
function compose(project: TestProject, args: readonly string[]): Promise<string> {
  const file = join(project.directory, 'docker-compose.yml');
  const place = ['--project-directory', project.directory, '-f', file];
  return docker(project, ['compose', ...place, ...args]);
}

/** A plan against what Compose takes to read its output. */
async function planRatio(name: string, bound?: number): Promise<void> {
  const times = await pair(
    21,
    () => project.succeed(['plan']),
    () => compose(project, ['config', '-q']),
  );
  ratio(name, times, bound);
}

const testbed = await ensureTestbed((line) => console.error(line));
const project = await createTestProject(testbed, {
  settings: { PRESET: 'full', RATE_GENERAL: '999999/s:999999' },
});
try {
  const node = (args: readonly string[]) =>
    execa(process.execPath, args, {
      cwd: project.directory,
      env: { ...project.env, HOME: project.directory },
      extendEnv: false,
    });
  ratio(
    'jacker --version against node -e 0',
    await pair(
      21,
      () => node([binary, '--version']),
      () => node(['-e', '0']),
    ),
    1.5,
  );
  await project.succeed(['up']);
  await planRatio('jacker plan against docker compose config -q', 1.0);
  const before = await compose(project, ['ps', '-aq']);
  ratio(
    'jacker up with nothing to do against docker compose up -d with nothing to do',
    await pair(
      7,
      () => project.succeed(['up']),
      () => compose(project, ['up', '-d']),
    ),
    1.3,
  );
  if ((await compose(project, ['ps', '-aq'])) !== before) {
    throw new Error('up had something to do: the containers are not the same');
  }
  figures.push({
    name: 'peak memory of jacker plan',
    value: await peakMemory(project, ['plan']),
    unit: ' MiB',
    bound: 120,
    detail: 'maximum resident set',
  });
  await edgeThroughput(project);
  await cp(
    join(import.meta.dirname, '../../test/fixtures/services/sample.yml'),
    join(project.directory, 'services/sample.yml'),
  );
  await project.succeed(['services', 'enable', 'sample']);
  await project.succeed(['up']);
  await planRatio('jacker plan with an application of one’s own beside it');
} finally {
  await project.remove();
}
process.exitCode = printFigures(figures) === 0 ? 0 : 1;
