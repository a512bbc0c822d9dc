import { Agent } from 'node:http';
import { execa } from 'execa';
import type { Endpoint } from './endpoint.ts';

/**
 * Connections to an engine behind SSH. The system's own `ssh` is used, as the `docker` command
 * does, so that known_hosts is checked and ~/.ssh/config holds; the SSH library that dockerode
 * brings would accept any host key.
 */
export function createSshAgent(endpoint: Endpoint): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () =>
    execa('ssh', sshArguments(endpoint.host), {
      env: endpoint.environment,
      extendEnv: false,
      stderr: 'ignore',
      reject: false,
      buffer: false,
    }).duplex();
  return agent;
}

/**
 * Arguments of `ssh` that connect to the engine's socket on the host of an `ssh://` address; a path
 * in the address is the socket's path there.
 */
export function sshArguments(host: string): string[] {
  const url = new URL(host);
  const socket =
    url.pathname === '' || url.pathname === '/' ? [] : ['--host', `unix://${url.pathname}`];
  return [
    '-T',
    '-o',
    'ConnectTimeout=30',
    ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
    ...(url.port === '' ? [] : ['-p', url.port]),
    '--',
    url.hostname,
    'docker',
    ...socket,
    'system',
    'dial-stdio',
  ];
}
