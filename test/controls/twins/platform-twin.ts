import { chmod, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { TestProject } from '../../e2e/project.ts';
import type { Testbed } from '../../testbed/index.ts';

/** A text with markup, for the sign-in page. */
export const banner = '<b>Welcome</b>';
/** An image as nobody should name one: by a tag that floats, and without a digest. */
const floatingImage = (project: TestProject): string => `jacker-twin-${project.name}:latest`;

/** One control given up on a whole stack, and the parts that must notice it. */
export interface PlatformTwin {
  control: string;
  probed: boolean;
  attacked: boolean;
}

const twin = (control: string, probed = true, attacked = true): PlatformTwin => ({
  control,
  probed,
  attacked,
});

/** The controls that {@link softenPlatform} gives up. */
export const platformTwins: readonly PlatformTwin[] = [
  twin('CRIT-001'),
  twin('CRIT-002'),
  twin('CRIT-003'),
  twin('CRIT-004'),
  twin('CRIT-005'),
  twin('HIGH-003'),
  twin('HIGH-006'),
  twin('MED-004'),
  twin('MED-005'),
  twin('MED-006', true, false),
  twin('MED-007'),
  // Its probe asks whether the consumer's own calls still pass, and they do.
  twin('LOW-002', false, true),
  twin('LOW-004'),
  twin('LOW-005'),
  twin('J-EDG-05', true, false),
  twin('J-EDG-12', true, false),
  twin('J-NET-04'),
  twin('J-NET-05', true, false),
  twin('J-NET-06'),
  twin('J-IMG-01', true, false),
  twin('J-IMG-03', true, false),
];

/**
 * Takes every protection of {@link platformTwins} out of the files of a project that `up` made, as
 * somebody would who does not know better, and starts the stack from them without Jacker.
 */
export async function softenPlatform(project: TestProject, testbed: Testbed): Promise<void> {
  await project.succeed(['down']);
  await softenEdge(project);
  await softenData(project);
  await change(project, 'config/socket-proxy-sample/haproxy.cfg', [
    [/^ {2}http-request deny deny_status 403 if odd\n/m, ''],
    [/^ {2}http-request deny deny_status 403\n/m, '  http-request allow\n'],
  ]);
  const program = join(project.directory, 'naive-sign-in.cjs');
  await copyFile(join(import.meta.dirname, 'naive-sign-in.cjs'), program);
  await chmod(program, 0o644);
  await buildFloatingImage(project);
  await project.write(
    'softened.yml',
    stringify(softened(testbed, project, await project.read('secrets/postgres-sample'))),
  );
  await startSoftened(project);
  const altered = await project.docker(
    ['exec', '-i', project.container('postgres'), 'psql', '-U', 'postgres'],
    'alter role sample superuser;',
  );
  if (altered.exitCode !== 0) throw new Error(altered.stderr);
}

/** Starts what is not running as the softened files say, and waits until all is healthy. */
export async function startSoftened(project: TestProject): Promise<void> {
  const files = ['-f', 'docker-compose.yml', '-f', 'softened.yml'];
  const started = await project.docker([
    ...['compose', '--project-directory', project.directory, '--project-name', project.name],
    ...['--env-file', '/dev/null'],
    ...files.map((word) => (word === '-f' ? word : join(project.directory, word))),
    ...['up', '--detach', '--wait', '--wait-timeout', '120'],
  ]);
  if (started.exitCode !== 0) throw new Error(started.stderr);
}

/** What Compose merges over the rendered files. */
function softened(testbed: Testbed, project: TestProject, password: string): object {
  const open = { internal: false, driver_opts: bridge({ inhibit_ipv4: 'false' }) };
  return {
    services: {
      oauth: {
        image: testbed.images.node,
        command: ['node', '/naive-sign-in.cjs'],
        entrypoint: [],
        environment: { BANNER: banner, DOMAIN: project.domain },
        volumes: ['./naive-sign-in.cjs:/naive-sign-in.cjs:ro'],
        healthcheck: { test: ['CMD', 'true'] },
      },
      'error-pages': { image: floatingImage(project), pull_policy: 'never' },
      // One hop from the edge, and in everybody's reach.
      postgres: { networks: { 'oauth--traefik': null } },
      sample: { environment: { LEAKED: password } },
    },
    networks: {
      'postgres--sample': open,
      edge: { driver_opts: bridge({ enable_ip_masquerade: 'true' }) },
    },
  };
}

function bridge(options: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [`com.docker.network.bridge.${name}`, value]),
  );
}

async function softenEdge(project: TestProject): Promise<void> {
  // Suites without forward secrecy need a key of this kind.
  await replaceCertificate(project, [
    ...['-newkey', 'rsa:2048', ...signedBy(project)],
    // The last one counts: it ends too soon.
    ...['-days', '3'],
  ]);
  await change(project, 'config/traefik/traefik.yml', [['insecure: false', 'insecure: true']]);
  await change(project, 'config/traefik/dynamic/tls.yml', [
    [/minVersion: .*/g, 'minVersion: "VersionTLS10"\n      maxVersion: "VersionTLS12"'],
    ['sniStrict: true', 'sniStrict: false'],
    [
      /cipherSuites: .*/g,
      'cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256"]',
    ],
  ]);
  await change(project, 'config/traefik/dynamic/routers.yml', [
    [/("traefik-dashboard":[^]*?middlewares: )\[.*\]/, '$1["headers-standard", "rate-critical"]'],
    [/("sample-web":[^]*?middlewares: )\[.*\]/, '$1["compress"]'],
    [/("sample-web":[^]*?tls:\n *options: )"edge"/, '$1"default"'],
  ]);
  await change(project, 'secrets/traefik.dynamic.middlewares.yml', [
    [/(average|burst): \d+/g, '$1: 1000000'],
    [/^ {8}redis:\n(?: {10}.*\n)+/gm, ''],
  ]);
}

async function softenData(project: TestProject): Promise<void> {
  await change(project, 'config/postgres/pg_hba.conf', [[/^/, 'host all all all trust\n']]);
  await change(project, 'secrets/redis.redis.conf', [[/^rename-command .*\n/gm, '']]);
  await change(project, 'secrets/redis.users.acl', [
    [/^user default .*$/m, 'user default on nopass ~* &* +@all'],
    [/^(user (?:oauth|sample|traefik) on \S+) .*$/gm, '$1 ~* &* +@all'],
  ]);
}

/** That the project's own authority signs. */
function signedBy(project: TestProject): string[] {
  const file = (name: string): string => join(project.directory, 'secrets', name);
  return ['-CA', file('ca.crt'), '-CAkey', file('ca.key')];
}

/** Puts another certificate for the project's names into the place of the edge's own. */
export async function replaceCertificate(
  project: TestProject,
  options: readonly string[],
): Promise<void> {
  const { stdout } = await execa('openssl', [
    ...['req', '-x509', '-nodes', '-days', '30', '-subj', '/CN=twin', ...options],
    ...['-addext', `subjectAltName=DNS:${project.domain},DNS:*.${project.domain}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    // Both come on standard output, so that no copy of the key is left.
    ...['-keyout', '-', '-out', '-'],
  ]);
  const part = (label: string): string =>
    new RegExp(`-----BEGIN ${label}-----[^]*?-----END ${label}-----`).exec(stdout)?.[0] ?? '';
  await project.write('secrets/edge-certificate', `${part('CERTIFICATE')}\n`);
  await project.write('secrets/edge-certificate-key', `${part('PRIVATE KEY')}\n`);
}

/** Another image than the locked one, under a tag that says nothing. */
async function buildFloatingImage(project: TestProject): Promise<void> {
  const locked = /^ +image: "?([^"\n]+)"?$/m.exec(
    await project.read('compose/error-pages.yml'),
  )?.[1];
  const built = await project.docker(
    ['build', '--quiet', '--tag', floatingImage(project), '-'],
    `FROM ${locked ?? ''}\nLABEL test.twin=true\n`,
  );
  if (built.exitCode !== 0) throw new Error(built.stderr);
}

/** Replaces in a file, keeping its owner and mode; what is not found there is an error. */
export async function change(
  project: TestProject,
  path: string,
  replacements: readonly (readonly [from: string | RegExp, to: string])[],
): Promise<void> {
  let text = await project.read(path);
  for (const [from, to] of replacements) {
    const next = typeof from === 'string' ? text.replaceAll(from, to) : text.replace(from, to);
    if (next === text) throw new Error(`${path} has nothing like ${String(from)}`);
    text = next;
  }
  await project.write(path, text);
}

/** Removes what {@link softenPlatform} leaves besides the project itself. */
export async function removeTwinImage(project: TestProject): Promise<void> {
  await project.docker(['rmi', '--force', floatingImage(project)]);
  await rm(join(project.directory, 'softened.yml'), { force: true });
}
