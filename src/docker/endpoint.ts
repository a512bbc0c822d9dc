import { JackerError } from '../error.ts';
import { currentContext, hasDockerCommand, type EndpointSource } from './context.ts';

/** Files of a TLS client identity, as `docker` lays them out in DOCKER_CERT_PATH. */
export interface EndpointTls {
  caFile: string;
  certFile: string;
  keyFile: string;
}

/** Where the Docker Engine listens, and how that was found out. Holds no secret. */
export interface Endpoint {
  /** In DOCKER_HOST notation, for example `unix:///var/run/docker.sock`. */
  host: string;
  kind: 'unix' | 'tcp' | 'ssh';
  source: 'environment' | 'context' | 'default';
  /** Name of the Docker context, where that is the source. */
  context?: string;
  /** Path of the socket; only for `unix`. */
  socketPath?: string;
  tls?: EndpointTls;
  /** Whether the `docker` command exists; unknown where the environment names the engine. */
  cli: 'present' | 'missing' | 'unknown';
  /** Reduced environment for child processes that must reach the same engine. */
  environment: Readonly<Record<string, string>>;
}

/**
 * The engine that the `docker` command would use: DOCKER_HOST, else the current Docker context,
 * else the default socket. Reads configuration only; nothing is contacted.
 * Order of precedence: https://docs.docker.com/engine/manage-resources/contexts/
 *
 * @throws JackerError `docker-unavailable` where the configuration names no usable endpoint.
 */
export async function resolveEndpoint(source: EndpointSource): Promise<Endpoint> {
  const { env, files } = source;
  const environment = dockerEnvironment(env);
  const host = env['DOCKER_HOST'] ?? '';
  if (host !== '') {
    const tls = await tlsOf(host, env, files);
    return { ...parseHost(host), source: 'environment', cli: 'unknown', environment, ...tls };
  }
  const context = await currentContext(source);
  const tls = await contextTls(context.tlsPath, files);
  return {
    ...parseHost(context.host),
    source: context.name === 'default' ? 'default' : 'context',
    context: context.name,
    cli: (await hasDockerCommand(source)) ? 'present' : 'missing',
    // Pinned by name: a `docker context use` meanwhile must not send Compose to another engine.
    environment: { ...environment, DOCKER_CONTEXT: context.name },
    ...tls,
  };
}

/**
 * What a child process needs to reach the engine and nothing else: PATH, HOME, DOCKER_*, and the
 * sockets of a rootless engine and an SSH agent. COMPOSE_* stays out because it would change files,
 * profiles and names behind Jacker's back.
 */
export function dockerEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = new Set(['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK']);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (names.has(name) || name.startsWith('DOCKER_'))
        ? [[name, value] as const]
        : [],
    ),
  );
}

/**
 * Reads a DOCKER_HOST value.
 *
 * @throws JackerError `docker-unavailable` for a form that Jacker cannot use.
 */
export function parseHost(host: string): Pick<Endpoint, 'host' | 'kind' | 'socketPath'> {
  if (host.startsWith('unix://')) {
    const socketPath = host.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw unusableHost(host, 'the socket path is not absolute');
    return { host, kind: 'unix', socketPath };
  }
  const schemes = ['tcp', 'ssh'] as const;
  const kind = schemes.find((scheme) => host.startsWith(`${scheme}://`));
  if (kind === undefined) throw unusableHost(host, 'only unix://, tcp:// and ssh:// are supported');
  if (!URL.canParse(host) || new URL(host).hostname === '') {
    throw unusableHost(host, 'it names no host');
  }
  if (new URL(host).password !== '') {
    throw unusableHost(host.replace(/:[^:@/]*@/, ':…@'), 'a password does not belong in it');
  }
  return { host, kind };
}

function unusableHost(host: string, why: string): JackerError {
  return new JackerError('docker-unavailable', {
    what: `Docker's address "${host}" cannot be used`,
    where: { key: 'DOCKER_HOST' },
    why,
    hint: 'Set it like this: export DOCKER_HOST=unix:///var/run/docker.sock',
  });
}

/** TLS of a tcp:// host: on where DOCKER_TLS_VERIFY is not empty, as for the `docker` command. */
async function tlsOf(
  host: string,
  env: EndpointSource['env'],
  files: EndpointSource['files'],
): Promise<{ tls?: EndpointTls }> {
  if (!host.startsWith('tcp://') || (env['DOCKER_TLS_VERIFY'] ?? '') === '') return {};
  const folder =
    env['DOCKER_CERT_PATH'] ?? env['DOCKER_CONFIG'] ?? `${env['HOME'] ?? '/root'}/.docker`;
  const tls = tlsFiles(folder);
  const missing: string[] = [];
  for (const file of [tls.caFile, tls.certFile, tls.keyFile]) {
    if ((await files.facts(file)) === null) missing.push(file);
  }
  if (missing.length > 0) {
    throw new JackerError(
      'docker-unavailable',
      missing.map((file) => ({
        what: 'A file of the TLS connection to Docker is missing',
        where: { file },
        why: 'DOCKER_TLS_VERIFY is set',
        hint: 'Set DOCKER_CERT_PATH to the folder that holds ca.pem, cert.pem and key.pem.',
      })),
    );
  }
  return { tls };
}

async function contextTls(
  tlsPath: string | undefined,
  files: EndpointSource['files'],
): Promise<{ tls?: EndpointTls }> {
  if (tlsPath === undefined) return {};
  const tls = tlsFiles(`${tlsPath}/docker`);
  return (await files.facts(tls.certFile)) === null ? {} : { tls };
}

function tlsFiles(folder: string): EndpointTls {
  return {
    caFile: `${folder}/ca.pem`,
    certFile: `${folder}/cert.pem`,
    keyFile: `${folder}/key.pem`,
  };
}
