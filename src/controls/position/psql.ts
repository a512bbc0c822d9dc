import { JackerError } from '../../error.ts';
import type { ProbeContext } from '../control.ts';
import type { Position } from './attacker.ts';

/** The catalog's name of the Postgres service. */
export const postgresService = 'postgres';
const separator = '\t';

/**
 * Runs a query as the superuser over the local socket inside Postgres' container; rows of text
 * columns. Throws `docker-failed` where it is refused.
 */
export async function queryPostgres(
  context: ProbeContext,
  sql: string,
  database = 'postgres',
): Promise<string[][]> {
  const container = context.containers.get(postgresService);
  if (!container) throw new JackerError('not-running', { what: 'No container of postgres runs' });
  const { stdout, exitCode, stderr } = await context.engine.exec(
    container.id,
    [
      ...['psql', '-X', '-A', '-t', '-F', separator, '-v', 'ON_ERROR_STOP=1'],
      ...['-h', '/var/run/postgresql', '-U', 'postgres', '-d', database, '-f', '-'],
    ],
    { stdin: sql, timeoutMs: 20_000, signal: context.signal },
  );
  if (exitCode !== 0) {
    throw new JackerError('docker-failed', {
      what: 'Postgres refused a query of its superuser over the local socket',
      why: stderr.split('\n')[0] ?? '',
      hint: 'Look at its log: jacker logs postgres',
    });
  }
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(separator));
}

/** A connection over the network. */
export interface PostgresLogin {
  role: string;
  password: string;
  database: string;
  /** libpq's sslmode. */
  sslmode: 'require' | 'disable';
  /** libpq's require_auth: the only method that the client agrees to. */
  requireAuth?: string;
}

/** How a connection and the statements on it went. */
export type PostgresAttempt =
  | { outcome: 'refused'; reason: string }
  | { outcome: 'unreachable'; reason: string }
  /** The SQLSTATE of each statement; `00000` is success. */
  | { outcome: 'connected'; states: readonly string[] };

/**
 * Connects from a place in the stack with psql and runs each statement in a transaction that is
 * rolled back. The password goes to standard input and from there into a file that ends with the
 * container.
 *
 * @param image An image with psql.
 */
export async function tryPostgres(
  context: ProbeContext,
  position: Position,
  image: string,
  login: PostgresLogin,
  statements: readonly string[],
): Promise<PostgresAttempt> {
  const connection = [
    `host=${postgresService} port=5432 connect_timeout=5`,
    `dbname=${login.database} user=${login.role} sslmode=${login.sslmode}`,
    ...(login.requireAuth === undefined ? [] : [`require_auth=${login.requireAuth}`]),
  ].join(' ');
  const script = [
    'umask 077; IFS= read -r line; printf "%s\\n" "$line" > /tmp/pgpass',
    `PGPASSFILE=/tmp/pgpass HOME=/tmp exec psql -X -q -A -t -w '${connection}' -f -`,
  ].join('; ');
  const password = login.password.replaceAll(/[\\:]/g, '\\$&');
  const stdin = [
    `*:*:*:*:${password}`,
    '\\echo @connected',
    ...statements.flatMap((statement) => [
      'BEGIN;',
      `${statement};`,
      '\\echo @ :SQLSTATE',
      'ROLLBACK;',
    ]),
    '',
  ].join('\n');
  const { stdout, stderr } = await context.attacker.run(position, {
    image,
    argv: ['sh', '-c', script],
    stdin,
  });
  if (stdout.includes('@connected')) {
    const states = [...stdout.matchAll(/^@ (\S+)$/gm)].map((match) => match[1] ?? '');
    return { outcome: 'connected', states };
  }
  const line = stderr.split('\n').findLast((text) => text.trim() !== '') ?? 'no answer';
  const reason = line.replace(/^.*(FATAL|failed|error): */, '').trim();
  const network = /could not translate|timeout expired|Connection refused|unreachable/i;
  return { outcome: network.test(stderr) ? 'unreachable' : 'refused', reason };
}
