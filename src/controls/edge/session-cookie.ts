import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { sessionCookie, signIn, signInHost, signOut } from '../position/session.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { signInFile, signInValue } from './sign-in-config.ts';

const id = 'CRIT-004';
const service = 'oauth';
const keys = ['cookie_secure', 'cookie_httponly', 'cookie_samesite', 'cookie_name'] as const;

export const sessionCookieFlags: Control = {
  id,
  title: 'The session cookie is Secure, HttpOnly and SameSite, and every route asks for it',
  severity: 'critical',
  domain: 'edge',
  subject: 'service',
  why: 'A cookie that is sent in the clear, read by scripts or sent along by other sites is a session that somebody else uses.',
  references: ['J-OAP-01', 'J-EDG-01'],
  blindSpots: [
    'What a browser does with the flags is taken from the standard. The prefix __Host- cannot be used: one session serves every name below the domain.',
  ],
  remedy: 'Keep COOKIE_SAMESITE at lax or strict; none is weaker.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === service)) return [];
    return keys.map((key): StaticResult => {
      const value = signInValue(project, key);
      const wanted = expectedOf(key);
      return {
        subject: service,
        file: signInFile,
        location: [key],
        expected: wanted.text,
        status: value === null ? 'unknown' : wanted.test(value) ? 'pass' : 'fail',
        seen: value ?? 'not set',
      };
    });
  },
  probe: async (context) => {
    const base = { subject: service, from: context.edge.address };
    const session = await signIn(context);
    // Where a provider decides who signs in, the cookie of the way there has the same settings.
    const lines = session
      ? session.setCookie
      : (await context.edge.request({ host: signInHost(context), path: '/oauth2/start?rd=/' }))
          .setCookie;
    const line = lines.find((cookie) => cookie.startsWith(sessionCookie));
    const read = session ? 'Set-Cookie of a sign-in' : 'Set-Cookie of the way to the provider';
    if (session) await signOut(context, session);
    const sameSite = textOf(context.settings, 'COOKIE_SAMESITE');
    const expected = `__Secure- prefix, Secure, HttpOnly, SameSite=${sameSite}`;
    if (line === undefined) return [{ ...base, read, expected, status: 'fail', seen: 'no cookie' }];
    const flags = line
      .split(';')
      .slice(1)
      .map((flag) => flag.trim().toLowerCase());
    const wanted = ['secure', 'httponly', `samesite=${sameSite}`];
    const missing = wanted.filter((flag) => !flags.includes(flag));
    return [
      {
        ...base,
        read,
        expected,
        status: missing.length === 0 ? 'pass' : 'fail',
        seen: missing.length === 0 ? expected : `without ${missing.join(', ')}`,
      },
    ];
  },
  attack: (context) =>
    Promise.all(
      context.stack.routes
        .filter((route) => route.auth === 'sso')
        .map(async (route): Promise<Reading> => {
          const base = {
            subject: `${route.service}-${route.name}`,
            read: 'POST of another site, which carries no session',
            from: context.edge.address,
            expected: '401, 403 or a redirect to the sign-in page',
          };
          try {
            const { status, headers } = await context.edge.request({
              host: route.hostName,
              path: route.path ?? '/',
              method: 'POST',
              headers: { origin: 'https://attacker.invalid', 'content-type': 'text/plain' },
              body: 'x',
            });
            const redirect =
              status === 302 && (headers['location'] ?? '').includes(signInHost(context));
            const refused = redirect || status === 401 || status === 403;
            return { ...base, status: refused ? 'pass' : 'fail', seen: String(status) };
          } catch (error) {
            context.signal.throwIfAborted();
            return { ...base, status: 'unknown', seen: firstLine(error) };
          }
        }),
    ),
  examples: {
    pass: [exampleOf('true', 'lax')],
    fail: [exampleOf('false', 'lax'), exampleOf('true', '')],
  },
};

function expectedOf(key: (typeof keys)[number]): {
  text: string;
  test: (value: string) => boolean;
} {
  switch (key) {
    case 'cookie_secure':
    case 'cookie_httponly':
      return { text: 'true', test: (value) => value === 'true' };
    case 'cookie_samesite':
      return {
        text: 'an explicit value',
        test: (value) => ['lax', 'strict', 'none'].includes(value),
      };
    case 'cookie_name':
      return {
        text: 'a prefix that binds it to TLS',
        test: (value) => /^__(Secure|Host)-/.test(value),
      };
  }
}

function exampleOf(secure: string, sameSite: string) {
  return exampleProject({
    stack: { services: [{ name: service } as never] },
    files: {
      [signInFile]: `cookie_name = "${sessionCookie}"\ncookie_secure = ${secure}\ncookie_httponly = true\ncookie_samesite = "${sameSite}"\n`,
    },
  });
}
