import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading } from '../control.ts';
import { askRedis } from '../position/redis-admin.ts';
import { sessionCookie, signIn, signInHost, signOut } from '../position/session.ts';
import { signInFile, signInValue } from './sign-in-config.ts';

const id = 'CRIT-005';
const service = 'oauth';
const secret = 'oauth-cookie';
const secretBytes = 32;

export const sessions: Control = {
  id,
  title: 'Sessions are encrypted and kept in Redis',
  severity: 'critical',
  domain: 'secrets',
  subject: 'service',
  why: 'A session that can be read or made up is as good as a password.',
  references: ['J-OAP-04', 'J-CRD-08'],
  blindSpots: ['That the cipher is used rightly is taken from oauth2-proxy.'],
  remedy: 'Let Jacker generate secrets/oauth-cookie: jacker secrets rotate oauth-cookie.',
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
      await probeStored(context),
    ];
  },
  attack: async (context) => {
    const read = 'a session whose cookie was changed';
    const base = { subject: service, read, from: context.edge.address, expected: 'refused' };
    const session = await signIn(context);
    if (!session) return [{ ...base, status: 'not-applicable', seen: 'a provider signs in' }];
    const ask = async (cookie: string): Promise<number> =>
      (
        await context.edge.request({
          host: signInHost(context),
          path: '/oauth2/auth',
          headers: { cookie },
        })
      ).status;
    try {
      const right = await ask(session.cookie);
      if (right !== 202) {
        return [{ ...base, status: 'unknown', seen: `the true session got ${right} as well` }];
      }
      const statuses = await Promise.all(tampered(session.cookie).map(ask));
      const wrong = statuses.filter((status) => status !== 401 && status !== 403);
      return [
        {
          ...base,
          status: wrong.length === 0 ? 'pass' : 'fail',
          seen: `${statuses.join(', ')}; the true one ${right}`,
        },
      ];
    } finally {
      await signOut(context, session);
    }
  },
  examples: {
    pass: [exampleOf('cookie', 'redis')],
    fail: [exampleOf('given', 'redis'), exampleOf('cookie', 'cookie')],
  },
};

/** Signs in, looks at what Redis has of it, and signs out. */
async function probeStored(context: ProbeContext): Promise<Reading> {
  const base = {
    subject: service,
    read: 'the value of a session in Redis',
    from: context.containers.get('redis')?.name ?? 'redis',
    expected: 'there, and not readable',
  };
  const session = await signIn(context);
  if (!session)
    return { ...base, status: 'unknown', seen: 'a provider signs in: there is none to look at' };
  try {
    const [found = ''] = await askRedis(context, [`SCAN 0 MATCH ${sessionCookie}* COUNT 10000`]);
    const names = found
      .split('\n')
      .slice(1)
      .filter((key) => !key.endsWith('.lock') && key !== '');
    const values = await askRedis(
      context,
      names.slice(0, 50).map((key) => `GET ${key}`),
    );
    if (values.length === 0) return { ...base, status: 'fail', seen: 'no session in Redis' };
    const user = textOf(context.settings, 'ADMIN_USER');
    const readable = values.filter((value) => value.includes(user) || /^[\s"]*\{/.test(value));
    return {
      ...base,
      status: readable.length === 0 ? 'pass' : 'fail',
      seen: `${values.length} sessions, ${readable.length} readable`,
    };
  } finally {
    await signOut(context, session);
  }
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
