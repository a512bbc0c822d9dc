import { textOf } from '../../settings/definition.ts';
import type { ProbeContext, Reading } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { rateLimited, tooMany } from '../edge/rate-limited.ts';
import { postgresService, tryPostgres } from '../position/psql.ts';
import { redisService } from '../position/redis-admin.ts';
import { postSignIn, sessionOf } from '../position/session.ts';
import { postgresImage } from '../position/with-postgres.ts';
import { firstLine } from '../reading/probe-containers.ts';

const redisPort = 6379;
/** Passwords that are in documentation, in examples and on every list. */
export const published: readonly string[] = [
  'admin',
  'password',
  'changeme',
  'postgres',
  'redis',
  'secret',
  'root',
  '123456',
  'jacker',
];

/** Tries published passwords wherever somebody can sign in: at the edge, Postgres and Redis. */
export async function tryPublishedLogins(context: ProbeContext): Promise<Reading[]> {
  return [
    ...(await attackSignIn(context)),
    ...(await attackPostgres(context)),
    ...(await attackRedis(context)),
  ];
}

/** How the sign-in page answers a wrong password. Anything else says nothing about it. */
const wrongPassword = [401, 403];

async function attackSignIn(context: ProbeContext): Promise<Reading[]> {
  if (textOf(context.settings, 'AUTH_MODE') !== 'local') return [];
  const user = textOf(context.settings, 'ADMIN_USER');
  // Few: these requests count towards the operator's own rate limit.
  const passwords = published.slice(0, 6);
  let open = 0;
  let refused = 0;
  let other = '';
  for (const password of passwords) {
    const { status, setCookie } = await postSignIn(context, user, password);
    if (sessionOf(setCookie) !== null) open += 1;
    else if (wrongPassword.includes(status)) refused += 1;
    else other = status === tooMany ? rateLimited : `answered ${status}`;
  }
  return [
    {
      subject: 'oauth',
      read: `sign-ins as ${user} with ${passwords.length} published passwords`,
      from: context.edge.address,
      expected: 'each refused',
      ...judgeAttempts(passwords.length, open, refused, other),
    },
  ];
}

/** Only what was really tried and refused counts as refused. */
function judgeAttempts(
  all: number,
  open: number,
  refused: number,
  other: string,
): Pick<Reading, 'status' | 'seen'> {
  if (open > 0) return { status: 'fail', seen: 'one of them is right' };
  if (refused === all) return { status: 'pass', seen: `${refused} refused` };
  return { status: 'unknown', seen: `${refused} of ${all} refused; ${other || 'no answer'}` };
}

async function attackPostgres(context: ProbeContext): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const need of context.stack.postgres) {
    if (!context.containers.has(need.service)) continue;
    const outcomes = await Promise.all(
      [need.role, 'postgres', 'password'].map((password) =>
        tryPostgres(
          context,
          { service: need.service },
          postgresImage(context),
          { role: need.role, password, database: need.database, sslmode: 'require' },
          [],
        ),
      ),
    );
    const open = outcomes.some(({ outcome }) => outcome === 'connected');
    const sure = outcomes.every(({ outcome }) => outcome !== 'unreachable');
    readings.push({
      subject: postgresService,
      read: `connections as ${need.role} with 3 published passwords`,
      from: context.containers.get(need.service)?.name ?? need.service,
      expected: 'refused',
      status: open ? 'fail' : sure ? 'pass' : 'unknown',
      seen: open ? 'one of them is right' : sure ? 'refused' : 'unreachable',
    });
  }
  return readings;
}

/**
 * From each consumer's place: a command without signing in, and every published password as the
 * default user (by both forms of AUTH), as the administrator and as the consumer.
 */
async function attackRedis(context: ProbeContext): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const need of context.stack.redis) {
    const facts = context.containers.get(need.service);
    if (!facts) continue;
    const base = { subject: redisService, from: facts.name, expected: 'each refused' };
    const users = [...new Set(['default', 'admin', need.user])];
    const tries = [
      'PING',
      'AUTH ""',
      ...published.map((password) => `AUTH ${password}`),
      ...users.flatMap((user) =>
        [...new Set([...published, user])].map((password) => `AUTH ${user} ${password}`),
      ),
    ];
    const read = `${tries.length} sign-ins with published passwords or none, as ${users.join(', ')}`;
    try {
      // A connection for each: Redis answers one that has failed before only in part.
      const results = await context.attacker.dial(
        { service: need.service },
        tries.map((line): DialTask => ({
          kind: 'talk',
          host: redisService,
          port: redisPort,
          send: `${line}\r\nQUIT\r\n`,
          timeoutMs: 5000,
        })),
      );
      const given = results.map((result) =>
        result.kind === 'talk' ? (result.received.split('\r\n')[0] ?? '') : '',
      );
      const open = given.filter((answer) => answer.startsWith('+')).length;
      const denied = /^-(NOAUTH|WRONGPASS|ERR AUTH) /;
      const refused = given.filter((answer) => denied.test(answer)).length;
      const other = given.find((answer) => !denied.test(answer)) ?? '';
      readings.push({ ...base, read, ...judgeAttempts(tries.length, open, refused, other) });
    } catch (error) {
      context.signal.throwIfAborted();
      readings.push({ ...base, read, status: 'unknown', seen: firstLine(error) });
    }
  }
  return readings;
}
