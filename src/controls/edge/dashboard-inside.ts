import { edgeService } from '../../catalog/resolve-stack.ts';
import type { StackNetwork } from '../../catalog/stack.ts';
import type { ProbeContext, Reading } from '../control.ts';
import type { DialResult, DialTask } from '../position/attacker.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { rateLimited, tooMany } from './rate-limited.ts';

/** Where Traefik puts an API without authentication, and where Jacker puts inner entry points. */
const innerPorts = [8080, 8082, 8083];
const path = '/api/rawdata';
/**
 * What somebody without a session may be told by an open entry point: the way to the sign-in page
 * or to TLS, or that it has no such route. The API itself never answers 404 to this path.
 */
const refusals = [301, 302, 303, 307, 308, 400, 401, 404];

interface Attempt {
  port: number;
  tls: boolean;
  /** True where nobody may answer at all. */
  closed: boolean;
}

/**
 * Asks for the API from a place on each network of the edge, as an intruder in any of its
 * neighbours could: at every port on which it listens, by the dashboard's own name.
 *
 * @param hostName The dashboard's.
 */
export async function askFromInside(context: ProbeContext, hostName: string): Promise<Reading[]> {
  const { listeners } = await context.snapshot(edgeService);
  const open = new Set(listeners.filter(({ loopback }) => !loopback).map(({ port }) => port));
  const attempts: Attempt[] = [
    ...innerPorts.map((port) => ({ port, tls: false, closed: true })),
    ...[...open]
      .filter((port) => !innerPorts.includes(port))
      .flatMap((port) => [false, true].map((tls) => ({ port, tls, closed: false }))),
  ];
  const readings: Reading[] = [];
  for (const network of context.stack.networks) {
    if (!network.members.includes(edgeService)) continue;
    const base = {
      subject: edgeService,
      read: `${path} without a session, from a network of its own`,
      from: network.name,
      expected: `no answer on ${innerPorts.join(', ')}; elsewhere a redirect, 401 or 404`,
    };
    try {
      const results = await context.attacker.dial(
        { networks: [network.name] },
        attempts.map((attempt) => taskOf(attempt, hostName)),
      );
      readings.push({ ...base, ...judge(network, attempts, results) });
    } catch (error) {
      context.signal.throwIfAborted();
      readings.push({ ...base, status: 'unknown', seen: firstLine(error) });
    }
  }
  return readings;
}

function taskOf({ port, tls }: Attempt, hostName: string): DialTask {
  return {
    kind: 'http',
    host: edgeService,
    port,
    ...(tls ? { tls: { servername: hostName } } : {}),
    method: 'GET',
    path,
    headers: { host: hostName },
    timeoutMs: 2000,
  };
}

function judge(
  network: StackNetwork,
  attempts: readonly Attempt[],
  results: readonly DialResult[],
): Pick<Reading, 'status' | 'seen'> {
  const answers = attempts.map((attempt, index) => {
    const result = results[index];
    const statuses = result?.kind === 'http' ? Object.keys(result.statuses) : [];
    return { ...attempt, status: statuses[0] === undefined ? null : Number(statuses[0]) };
  });
  const given = answers.filter(({ status }) => status !== null);
  const seen =
    given.map(({ port, tls, status }) => `${port}${tls ? ' (TLS)' : ''}: ${status}`).join(', ') ||
    'no answer';
  const limited = given.filter(({ status }) => status === tooMany);
  const wrong = given.filter(
    ({ status, closed }) => status !== tooMany && (closed || !refusals.includes(status ?? 0)),
  );
  if (wrong.length > 0) return { status: 'fail', seen };
  if (limited.length > 0) return { status: 'unknown', seen: rateLimited };
  // On the edge's own network containers do not reach each other. On a relation's they do: where
  // not even an open entry point answers there, the silence of the others proves nothing.
  if (given.length === 0 && network.purpose === 'relation') return { status: 'unknown', seen };
  return { status: 'pass', seen };
}
