import { textOf } from '../../settings/definition.ts';
import { JackerError } from '../../error.ts';
import type { ProbeContext } from '../control.ts';
import type { EdgeResponse } from './edge-client.ts';

/** The name of the session's cookie. */
export const sessionCookie = '__Secure-jacker_session';

/** What a sign-in gave: every Set-Cookie line, and the Cookie header that carries the session. */
export interface Session {
  setCookie: readonly string[];
  cookie: string;
}

/** The host name of the sign-in page. */
export function signInHost(context: Pick<ProbeContext, 'stack'>): string {
  return `auth.${context.stack.domain}`;
}

/** Null: a provider outside decides who signs in, so Jacker cannot. Otherwise signs in locally. */
export async function signIn(context: ProbeContext): Promise<Session | null> {
  if (textOf(context.settings, 'AUTH_MODE') !== 'local') return null;
  const response = await postSignIn(
    context,
    textOf(context.settings, 'ADMIN_USER'),
    await context.readSecret('admin-password'),
  );
  const cookie = sessionOf(response.setCookie);
  if (cookie === null) {
    throw new JackerError('failed', {
      what: `signing in as the local account gave no session (status ${response.status})`,
      hint: 'Look at the log: jacker logs oauth',
    });
  }
  return { setCookie: response.setCookie, cookie };
}

/** The Cookie header of the session in Set-Cookie lines; null where they hold or clear none. */
export function sessionOf(setCookie: readonly string[]): string | null {
  const pairs = setCookie.map((line) => line.split(';')[0] ?? '');
  return pairs.find((pair) => new RegExp(`^${sessionCookie}=.+`).test(pair)) ?? null;
}

/** Sends the sign-in form. */
export function postSignIn(context: ProbeContext, user: string, password: string) {
  return context.edge.request({
    host: signInHost(context),
    path: '/oauth2/sign_in',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username: user, password, rd: '/' }).toString(),
  });
}

/**
 * Begins a sign-in at the provider: the answer leads there, with the cookie that binds the attempt
 * to its browser. Throws `failed` where the edge answers otherwise.
 */
export async function toProvider(context: ProbeContext): Promise<EdgeResponse> {
  const response = await context.edge.request({
    host: signInHost(context),
    path: '/oauth2/start?rd=/',
  });
  if (response.status === 302) return response;
  throw new JackerError('failed', {
    what: `the way to the provider answered ${response.status}`,
    hint: 'Look at the log: jacker logs oauth',
  });
}

/** Ends a session on the server, so that none is left behind. */
export async function signOut(context: ProbeContext, session: Session): Promise<void> {
  await context.edge.request({
    host: signInHost(context),
    path: '/oauth2/sign_out',
    headers: { cookie: session.cookie },
  });
}

/** Whether the gate answered as it answers whoever has no session. */
export function isRefusal(
  context: Pick<ProbeContext, 'stack'>,
  { status, headers }: EdgeResponse,
): boolean {
  if (status === 401) return true;
  return status === 302 && (headers['location'] ?? '').includes(`//${signInHost(context)}`);
}
