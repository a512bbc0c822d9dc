import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import type { Endpoint } from './endpoint.ts';
import type { RegistryCredentials } from './registry-credentials.ts';
import { createSshAgent } from './ssh-connection.ts';

/** A dockerode client and what has to be closed with it. */
export interface Client {
  docker: Docker;
  close(): void;
}

/**
 * A dockerode client for exactly this endpoint. Each option is set, also to undefined: dockerode
 * would fill the others from the process environment.
 */
export function connect(endpoint: Endpoint): Client {
  const agent = createAgent(endpoint);
  const docker = new Docker({
    ...addressOf(endpoint),
    ...tlsMaterial(endpoint),
    timeout: undefined,
    agent,
  } as Docker.DockerOptions);
  return { docker, close: () => agent.destroy() };
}

/** One request to the Engine API. */
export interface ApiRequest {
  method?: 'GET' | 'DELETE';
  /** Without the API version: the engine's newest is meant. */
  path: string;
  query?: Readonly<Record<string, unknown>>;
  credentials?: RegistryCredentials | null;
  signal?: AbortSignal | undefined;
}

/**
 * The body of the engine's answer, parsed where it is JSON.
 *
 * @throws Error with `statusCode` where the engine refuses, with `code` where it is not reached.
 */
export function call(docker: Docker, request: ApiRequest): Promise<unknown> {
  return dial(docker, request, false);
}

/** The engine's answer as a stream of bytes. */
export async function callStream(docker: Docker, request: ApiRequest): Promise<Readable> {
  return (await dial(docker, request, true)) as Readable;
}

function dial(docker: Docker, request: ApiRequest, isStream: boolean): Promise<unknown> {
  const modem = docker.modem as Docker['modem'] & {
    dial(options: object, done: (error: Error | null, answer: unknown) => void): void;
  };
  const { method = 'GET', path, query = {}, credentials, signal } = request;
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        method,
        path: Object.keys(query).length === 0 ? path : `${path}?`,
        options: query,
        isStream,
        statusCodes: { 200: true, 204: true },
        ...(credentials ? { authconfig: credentials } : {}),
        ...(signal ? { abortSignal: signal } : {}),
      },
      (error, answer) => (error ? reject(error) : resolve(answer)),
    );
  });
}

function createAgent(endpoint: Endpoint): HttpAgent {
  if (endpoint.kind === 'ssh') return createSshAgent(endpoint);
  // No idle connections: they would keep the process alive and break when the engine restarts.
  return endpoint.tls ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
}

function addressOf(endpoint: Endpoint): Record<string, string | undefined> {
  if (endpoint.socketPath !== undefined) {
    return { socketPath: endpoint.socketPath, host: undefined, port: undefined, protocol: 'http' };
  }
  const overSsh = endpoint.kind === 'ssh';
  const url = new URL(endpoint.host.replace(/^tcp:/, 'http:'));
  return {
    socketPath: undefined,
    host: overSsh ? 'docker.invalid' : url.hostname,
    port: overSsh ? '80' : url.port || (endpoint.tls ? '2376' : '2375'),
    protocol: endpoint.tls ? 'https' : 'http',
    pathPrefix: '/',
  };
}

function tlsMaterial(endpoint: Endpoint): Record<string, Buffer | undefined> {
  const { tls } = endpoint;
  if (!tls) return { ca: undefined, cert: undefined, key: undefined };
  return {
    ca: readFileSync(tls.caFile),
    cert: readFileSync(tls.certFile),
    key: readFileSync(tls.keyFile),
  };
}
