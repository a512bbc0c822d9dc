import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import {
  isRefusal,
  sessionCookie,
  signIn,
  signInHost,
  signOut,
  toProvider,
  type Session,
} from '../position/session.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { onCrossSitePost, parseSetCookie } from './cookie-rules.ts';
import { rateLimited, tooMany } from './rate-limited.ts';
import { signInFile, signInValue } from './sign-in-config.ts';

const id = 'CRIT-004';
const service = 'oauth';
/** A site that nobody has. */
const foreignSite = 'https://attacker.invalid';
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
    'What a browser does with the flags is worked out here by the standard; no browser runs. The prefix __Host- cannot be used: one session serves every name below the domain.',
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
    const lines = await cookiesOf(context, session);
    const line = lines.find((cookie) => cookie.startsWith(sessionCookie));
    const read = session ? 'Set-Cookie of a sign-in' : 'Set-Cookie of the way to the provider';
    if (session) await signOut(context, session);
    const sameSite = textOf(context.settings, 'COOKIE_SAMESITE');
    const expected = `__Secure- prefix, Secure, HttpOnly, SameSite=${sameSite}`;
    if (line === undefined) return [{ ...base, read, expected, status: 'fail', seen: 'no cookie' }];
    const cookie = parseSetCookie(line);
    const missing = [
      ...(cookie.secure ? [] : ['Secure']),
      ...(cookie.httpOnly ? [] : ['HttpOnly']),
      ...(cookie.sameSite === sameSite ? [] : [`SameSite=${sameSite}`]),
    ];
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
  attack: async (context) => {
    const base = { from: context.edge.address, expected: '401 or the way to the sign-in page' };
    const read = 'POST of another site, with the cookies that a browser sends along';
    const session = await signIn(context);
    const given = await cookiesOf(context, session);
    const readings: Reading[] = [];
    try {
      for (const route of context.stack.routes.filter(({ auth }) => auth === 'sso')) {
        const subject = `${route.service}-${route.name}`;
        // No page is there: where a session gets through, nothing comes of it.
        const path = `${(route.path ?? '').replace(/\/$/, '')}/jacker-probe`;
        const post = (cookie: string | null, origin: string) =>
          context.edge.request({
            host: route.hostName,
            path,
            method: 'POST',
            headers: {
              origin,
              'sec-fetch-site': origin === foreignSite ? 'cross-site' : 'same-origin',
              'sec-fetch-mode': 'navigate',
              'sec-fetch-dest': 'document',
              accept: 'text/html',
              'content-type': 'text/plain',
              ...(cookie === null ? {} : { cookie }),
            },
            body: 'x',
          });
        try {
          const judged = given.map((line) => {
            const cookie = parseSetCookie(line);
            const target = { host: route.hostName, path };
            return { cookie, line, ...onCrossSitePost(cookie, signInHost(context), target) };
          });
          const sent = judged.filter(({ carried }) => carried).map(({ line }) => pairOf(line));
          const why = [...new Set(judged.map((one) => one.why))].join(', ') || 'no cookie';
          const answer = await post(sent.length > 0 ? sent.join('; ') : null, foreignSite);
          const shown = `${answer.status}; ${sent.length > 0 ? 'session sent' : 'none sent'}: ${why}`;
          if (answer.status === tooMany) {
            readings.push({ ...base, subject, read, status: 'unknown', seen: rateLimited });
          } else if (session === null) {
            // Without an account of the provider the flags are all that can be judged.
            const holds = sent.length === 0 && isRefusal(context, answer);
            readings.push({ ...base, subject, read, status: holds ? 'pass' : 'fail', seen: shown });
          } else {
            const own = await post(session.cookie, `https://${route.hostName}`);
            // Only where the session gets its own site through does a refusal mean anything.
            const works = own.status !== tooMany && !isRefusal(context, own);
            const status = !isRefusal(context, answer) ? 'fail' : works ? 'pass' : 'unknown';
            const seen = `${shown}; of its own site ${own.status}`;
            readings.push({ ...base, subject, read, status, seen });
          }
        } catch (error) {
          context.signal.throwIfAborted();
          readings.push({ ...base, subject, read, status: 'unknown', seen: firstLine(error) });
        }
      }
    } finally {
      if (session) await signOut(context, session);
    }
    return readings;
  },
  examples: {
    pass: [exampleOf('true', 'lax')],
    fail: [exampleOf('false', 'lax'), exampleOf('true', '')],
  },
};

/** Where a provider decides who signs in, the cookie of the way there has the same settings. */
async function cookiesOf(
  context: ProbeContext,
  session: Session | null,
): Promise<readonly string[]> {
  return session ? session.setCookie : (await toProvider(context)).setCookie;
}

function pairOf(line: string): string {
  return line.split(';')[0] ?? '';
}

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
