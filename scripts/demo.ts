import { execa } from 'execa';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../test/e2e/project.ts';
import { ensureTestbed } from '../test/testbed/index.ts';

/**
 * Shows everything once: an engine (the machine's, or a private one), a project in a scratch
 * folder with the sample application, `up`, `verify --attack`, and how to look at it and stop it.
 */
const root = join(import.meta.dirname, '..');
const directory = join(tmpdir(), 'jacker-demo');
const say = (text: string): void => console.log(text);

const testbed = await ensureTestbed((line) => console.error(line));
const environment = { HOME: process.env['HOME'] ?? '/', ...testbed.env };
const run = (args: readonly string[], reject = true) =>
  execa(process.execPath, [join(root, 'dist/bin.cjs'), ...args], {
    cwd: directory,
    env: environment,
    extendEnv: false,
    reject,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
  });

const [httpPort = 0, httpsPort = 0] = await portsOf();
await mkdir(join(directory, 'services'), { recursive: true });
await cp(join(root, 'test/fixtures/services/sample.yml'), join(directory, 'services/sample.yml'));
say(`A project in ${directory}`);
const mirror = testbed.imageMirror ? ['--set', `IMAGE_MIRROR=${testbed.imageMirror}`] : [];
await run([
  'init',
  '--no-input',
  '--name',
  'jacker-demo',
  '--http-port',
  String(httpPort),
  '--https-port',
  String(httpsPort),
  '--set',
  'SERVICES_ENABLED=sample',
  '--set',
  `DOCKER_SOCKET=${testbed.socketPath}`,
  '--set',
  `SAMPLE_IMAGE=${testbed.images.sampleApp}`,
  ...mirror,
]);
await run(['up']);
const verified = await run(['verify', '--attack'], false);
const password = await readFile(join(directory, 'secrets/admin-password'), 'utf8');
const shell = Object.entries(testbed.env)
  .filter(([name]) => name.startsWith('DOCKER_'))
  .map(([name, value]) => `${name}=${value}`)
  .join(' ');
say(`
Open      https://jacker.localhost:${String(httpsPort)}/
Sign in   admin
Password  ${password}
Trust     ${join(directory, 'secrets/ca.crt')}   (import it into the browser, or accept its warning)
Look      cd ${directory} && ${shell} ${process.execPath} ${join(root, 'dist/bin.cjs')} status
Stop      cd ${directory} && ${shell} ${process.execPath} ${join(root, 'dist/bin.cjs')} down --volumes --confirm jacker-demo${testbed.kind === 'own' ? `\nEngine    ${process.execPath} ${join(root, 'test/testbed/cli.ts')} down   (the demo started a private one)` : ''}
`);
process.exitCode = verified.exitCode ?? 1;

/** The ports of an earlier demo, so that running it again changes nothing; new ones otherwise. */
async function portsOf(): Promise<number[]> {
  const env = await readFile(join(directory, '.env'), 'utf8').catch(() => null);
  if (env === null) {
    await rm(directory, { recursive: true, force: true });
    return freePorts(2);
  }
  return ['HTTP_PORT', 'HTTPS_PORT'].map((key) =>
    Number(new RegExp(`^${key}=["']?(\\d+)`, 'm').exec(env)?.[1] ?? 0),
  );
}
