import { JackerError, type Problem } from '../error.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Turns any failure of an Engine API call into an error that a person can act on: the engine
 * cannot be reached (`docker-unavailable`, `permission`), or it refused (`docker-failed`).
 *
 * @param what What was being done, as the start of a sentence: "Creating the container failed".
 */
export function explainEngineError(error: unknown, endpoint: Endpoint, what: string): JackerError {
  if (error instanceof JackerError) return error;
  const options = { cause: error };
  const code = codeOf(error);
  const message = messageOf(error);
  if (statusOf(error) !== undefined) {
    return new JackerError('docker-failed', { what, why: message }, options);
  }
  if (code === 'ABORT_ERR') {
    return new JackerError('interrupted', { what: `${what}: stopped` }, options);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new JackerError('permission', permissionProblem(endpoint), options);
  }
  return new JackerError('docker-unavailable', unreachable(endpoint, code, message), options);
}

/** The HTTP status of an Engine API error; undefined where the engine did not answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** The engine's own words, without dockerode's decoration. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('json' in error) {
    const body = error.json;
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  }
  return error.message.trim();
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function permissionProblem(endpoint: Endpoint): Problem {
  return {
    what: `You may not use Docker's socket ${endpoint.socketPath ?? endpoint.host}`,
    why: 'only its owner and its group may',
    hint: 'Join the group: sudo usermod -aG docker "$USER", then log in again (its members are as powerful as root); or use sudo, or a rootless engine.',
  };
}

function unreachable(endpoint: Endpoint, code: string, message: string): Problem {
  const { kind, host, source } = endpoint;
  if (kind === 'unix' && code === 'ENOENT') return missingSocket(endpoint);
  if (kind === 'unix' && code === 'ECONNREFUSED') {
    return {
      what: `No Docker Engine answers on ${host}`,
      why: 'the socket is there but nobody listens: the engine has stopped',
      hint: 'Start it: sudo systemctl start docker',
    };
  }
  if (/CERT|SSL|TLS|EPROTO|ALTNAME|SELF_SIGNED/i.test(code)) {
    return {
      what: `The TLS connection to the Docker Engine at ${host} failed`,
      why: message,
      hint: 'Check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH: docker --tlsverify version',
    };
  }
  if (kind === 'ssh') {
    return {
      what: `The Docker Engine at ${host} cannot be reached over SSH`,
      why: message,
      hint: `Try the connection: ssh ${host.slice('ssh://'.length)} docker version`,
    };
  }
  return {
    what: `The Docker Engine at ${host} cannot be reached`,
    why: message,
    hint:
      source === 'environment'
        ? 'Check the address in DOCKER_HOST, or unset it to use this machine’s own engine.'
        : 'Look at the address: docker context inspect',
  };
}

function missingSocket(endpoint: Endpoint): Problem {
  if (endpoint.cli === 'missing') {
    return {
      what: 'Docker is not installed',
      why: `there is no docker command and no socket ${endpoint.socketPath ?? ''}`.trim(),
      hint: 'Install Docker Engine and its Compose plugin: https://docs.docker.com/engine/install/',
    };
  }
  return {
    what: 'The Docker Engine is not running',
    why: `its socket ${endpoint.socketPath ?? endpoint.host} does not exist`,
    hint:
      endpoint.source === 'environment'
        ? 'Correct DOCKER_HOST, or unset it to use the default socket.'
        : 'Start it: sudo systemctl start docker',
  };
}
