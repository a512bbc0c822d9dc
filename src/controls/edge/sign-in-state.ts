import { exampleProject } from '../compose/example.ts';
import type { Control, Reading } from '../control.ts';
import { sessionCookie, signInHost, toProvider } from '../position/session.ts';
import { rateLimited, tooMany } from './rate-limited.ts';
import { signInFile, signInValue } from './sign-in-config.ts';

const id = 'MED-004';
const service = 'oauth';
const key = 'cookie_csrf_per_request';

export const signInState: Control = {
  id,
  title: 'A sign-in belongs to the browser that began it',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'Otherwise somebody makes a visitor finish a sign-in that is not his own, and reads what he then enters.',
  references: ['J-OAP-01', 'RFC 6749 10.12'],
  blindSpots: ["The provider's own part of the protocol is not looked at."],
  remedy: 'Keep cookie_csrf_per_request on.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === service)) return [];
    const value = signInValue(project, key);
    return [
      {
        subject: service,
        file: signInFile,
        location: [key],
        expected: 'true',
        status: project.files.has(signInFile) ? (value === 'true' ? 'pass' : 'fail') : 'unknown',
        seen: value ?? 'not set',
      },
    ];
  },
  probe: async (context) => {
    const answers = [await toProvider(context), await toProvider(context)];
    const cookies = answers.map(
      ({ setCookie }) => setCookie.find((line) => /csrf/.test(line)) ?? '',
    );
    const names = new Set(cookies.map((line) => line.split('=')[0]));
    const states = answers.map(
      ({ headers }) => /[?&]state=([^&]+)/.exec(headers['location'] ?? '')?.[1],
    );
    const flagged = cookies.every((line) => /; *secure/i.test(line) && /; *httponly/i.test(line));
    const holds = flagged && names.size === 2 && states[0] !== undefined && states[0] !== states[1];
    return [
      {
        subject: service,
        read: 'CSRF cookie and state of two sign-ins',
        from: context.edge.address,
        expected: 'a cookie and a state of its own for each, Secure and HttpOnly',
        status: holds ? 'pass' : 'fail',
        seen: `${names.size} cookies, ${new Set(states).size} states${flagged ? ', Secure and HttpOnly' : ''}`,
      },
    ];
  },
  attack: async (context) => {
    const host = signInHost(context);
    const first = await toProvider(context);
    const second = await toProvider(context);
    const cookieOf = (lines: readonly string[]): string =>
      lines.map((line) => line.split(';')[0] ?? '').join('; ');
    const state = /[?&]state=([^&]+)/.exec(second.headers['location'] ?? '')?.[1] ?? '';
    const tries = [
      { read: 'a callback without the cookie of its sign-in', cookie: '', value: state },
      {
        read: 'a callback with the state of another sign-in',
        cookie: cookieOf(first.setCookie),
        value: state,
      },
      {
        read: 'a callback with a state that was made up',
        cookie: cookieOf(first.setCookie),
        value: 'bm9uZQ:/',
      },
    ];
    const readings: Reading[] = [];
    for (const { read, cookie, value } of tries) {
      const { status, setCookie } = await context.edge.request({
        host,
        path: `/oauth2/callback?code=none&state=${value}`,
        headers: cookie === '' ? {} : { cookie },
      });
      const base = { subject: service, read, from: context.edge.address, expected: '403' };
      if (state === '') {
        readings.push({ ...base, status: 'unknown', seen: 'no state in the way to the provider' });
      } else if (status === tooMany) {
        readings.push({ ...base, status: 'unknown', seen: rateLimited });
      } else {
        const session = setCookie.some((line) => line.startsWith(`${sessionCookie}=`));
        const seen = `${status}${session ? ', with a session' : ''}`;
        readings.push({ ...base, status: status === 403 ? 'pass' : 'fail', seen });
      }
    }
    return readings;
  },
  examples: { pass: [exampleOf('true')], fail: [exampleOf('false')] },
};

function exampleOf(value: string) {
  return exampleProject({
    stack: { services: [{ name: service } as never] },
    files: { [signInFile]: `${key} = ${value}\n` },
  });
}
