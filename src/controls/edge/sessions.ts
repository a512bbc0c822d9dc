import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, Status } from '../control.ts';
import { askRedis } from '../position/redis-admin.ts';
import { sessionCookie, signIn, signInHost, signOut } from '../position/session.ts';
import { rateLimited, tooMany } from './rate-limited.ts';
import { signInFile, signInValue } from './sign-in-config.ts';

const id = 'CRIT-005';
const service = 'oauth';
const secret = 'oauth-cookie';
const secretBytes = 32;
const refusals = [401, 403];

export const sessions: Control = {
  id,
  title: 'Sessions are encrypted and kept in Redis',
  severity: 'critical',
  domain: 'secrets',
  subject: 'service',
  why: 'A session that can be read or made up is as good as a password.',
  references: ['J-OAP-04', 'J-CRD-08'],
  blindSpots: [
    'That the cipher is used rightly is taken from oauth2-proxy.',
    'A session in a binary form is noticed to be readable by an e-mail address or by the name of the local account.',
  ],
  remedy: 'Let Jacker generate secrets/oauth-cookie: jacker secrets generate --force oauth-cookie.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === service)) return [];
    const kind = project.stack.secrets.find((known) => known.name === secret)?.kind;
    const store = signInValue(project, 'session_store_type');
    return [
      {
        subject: service,
        location: ['secrets', secret],
        expected: `a generated secret of ${secretBytes} bytes`,
        status: kind === 'cookie' ? 'pass' : 'fail',
        seen: kind ?? 'none',
      },
      {
        subject: service,
        file: signInFile,
        location: ['session_store_type'],
        expected: 'redis',
        status: store === null ? 'unknown' : store === 'redis' ? 'pass' : 'fail',
        seen: store ?? 'not set',
      },
    ];
  },
  probe: async (context) => {
    const length = Buffer.byteLength(await context.readSecret(secret));
    return [
      {
        subject: service,
        read: `secrets/${secret}`,
        from: context.stack.project,
        expected: `${secretBytes} bytes`,
        status: length === secretBytes ? 'pass' : 'fail',
        seen: `${length} bytes`,
      },
      ...(await probeStored(context)),
    ];
  },
  attack: async (context) => {
    const base = { subject: service, from: context.edge.address, expected: 'refused' };
    const ask = async (cookie: string): Promise<number> =>
      (
        await context.edge.request({
          host: signInHost(context),
          path: '/oauth2/auth',
          headers: { cookie },
        })
      ).status;
    const judge = (statuses: readonly number[]): Status =>
      statuses.some((status) => !refusals.includes(status) && status !== tooMany)
        ? 'fail'
        : statuses.includes(tooMany)
          ? 'unknown'
          : 'pass';
    const forged = await ask(madeUp(context));
    const readings: Reading[] = [
      {
        ...base,
        read: 'a session whose cookie was made up',
        status: judge([forged]),
        seen: forged === tooMany ? rateLimited : String(forged),
      },
    ];
    const read = 'a session whose cookie was changed';
    const session = await signIn(context);
    if (!session) {
      const seen = 'a provider decides who signs in: Jacker has no session to change';
      return [...readings, { ...base, read, status: 'not-applicable', seen }];
    }
    try {
      const right = await ask(session.cookie);
      if (right !== 202) {
        const seen = right === tooMany ? rateLimited : `the true session got ${right} as well`;
        return [...readings, { ...base, read, status: 'unknown', seen }];
      }
      const statuses = await Promise.all(tampered(session.cookie).map(ask));
      const seen = `${statuses.join(', ')}; the true one ${right}`;
      return [...readings, { ...base, read, status: judge(statuses), seen }];
    } finally {
      await signOut(context, session);
    }
  },
  examples: {
    pass: [exampleOf('cookie', 'redis')],
    fail: [exampleOf('given', 'redis'), exampleOf('cookie', 'cookie')],
  },
};

/** Signs in where Jacker can, looks at what Redis has of sessions, and signs out. */
async function probeStored(context: ProbeContext): Promise<Reading[]> {
  const base = { subject: service, from: context.containers.get('redis')?.name ?? 'redis' };
  const session = await signIn(context);
  const user = textOf(context.settings, 'ADMIN_USER');
  try {
    const values = await storedSessions(context);
    const readable = values.filter((value) => isReadable(value, user));
    const found: Reading = session
      ? {
          ...base,
          read: 'sessions in Redis after a sign-in',
          expected: 'one or more',
          status: values.length > 0 ? 'pass' : 'fail',
          seen: String(values.length),
        }
      : {
          ...base,
          read: 'sessions in Redis',
          expected: 'those of whoever is signed in',
          status: 'not-applicable',
          seen: `${values.length}; a provider decides who signs in, so Jacker cannot add one`,
        };
    return [
      found,
      {
        ...base,
        read: 'the values of sessions in Redis',
        expected: 'not readable',
        ...(values.length === 0
          ? { status: session ? 'unknown' : 'not-applicable', seen: 'no session to look at' }
          : {
              status: readable.length === 0 ? 'pass' : 'fail',
              seen: `${readable.length} of ${values.length} readable`,
            }),
      },
    ];
  } finally {
    if (session) await signOut(context, session);
  }
}

/** The first values that lie under the session's name. */
async function storedSessions(context: ProbeContext): Promise<string[]> {
  const [found = ''] = await askRedis(context, [`SCAN 0 MATCH ${sessionCookie}* COUNT 10000`]);
  const names = found
    .split('\n')
    .slice(1)
    .filter((key) => !key.endsWith('.lock') && key !== '');
  return askRedis(
    context,
    names.slice(0, 50).map((key) => `GET ${key}`),
  );
}

/** A name of fewer characters is in a few hundred random bytes now and then. */
const sureLength = 4;

/**
 * Whether a session's value says something to whoever reads it: a JSON document, also in base64, an
 * e-mail address, or the user that every session names. What is encrypted begins with random bytes,
 * and so with any character: one alone tells nothing.
 */
export function isReadable(value: string, user: string): boolean {
  const named = value.includes(user.length < sureLength ? `"${user}"` : user);
  const encoded = Buffer.from(value, 'base64').toString('utf8');
  return (
    named || /[\w.+-]{2,}@[\w-]{2,}\.[a-z]{2,}/i.test(value) || [value, encoded].some(isDocument)
  );
}

function isDocument(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'string' ? isDocument(parsed) : typeof parsed === 'object';
  } catch {
    return false;
  }
}

/** A cookie in the form of a session's, of random bytes. */
function madeUp(context: ProbeContext): string {
  const random = (bytes: number): string =>
    Buffer.from(context.random.bytes(bytes)).toString('base64url');
  const now = Math.floor(context.clock.now().getTime() / 1000);
  return `${sessionCookie}=${random(60)}|${now}|${random(32)}`;
}

/** The cookie with its first part, its time and its signature changed by one character. */
function tampered(cookie: string): string[] {
  const start = cookie.indexOf('=') + 1;
  const value = cookie.slice(start);
  const parts = value.split('|');
  return parts.map((part, index) => {
    const changed = `${part.startsWith('A') || part.startsWith('1') ? '2' : 'A'}${part.slice(1)}`;
    const all = parts.map((other, position) => (position === index ? changed : other));
    return `${cookie.slice(0, start)}${all.join('|')}`;
  });
}

function exampleOf(kind: 'cookie' | 'given', store: string) {
  return exampleProject({
    stack: {
      services: [{ name: service } as never],
      secrets: [{ name: secret, kind, help: 'x', owner: service, readers: [service] }],
    },
    files: { [signInFile]: `session_store_type = "${store}"\n` },
  });
}
