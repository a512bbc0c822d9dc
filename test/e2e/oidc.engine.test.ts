import { chmod, mkdir } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { createEdgeProject, startTimeout, type EdgeProject } from './edge-project.ts';
import { createVisitor, type Cookie, type Hop, type Visitor } from './edge-visitor.ts';
import { startProvider, type TestProvider } from './oidc-provider.ts';
import { expectVerified } from './verified.ts';

const sessionCookie = '__Secure-jacker_session';

let project: EdgeProject;
let provider: TestProvider;
let authorities: string[];

beforeAll(async () => {
  const testbed = await ensureTestbed();
  project = await createEdgeProject({ sample: true });
  provider = await startProvider(testbed, project, project.url('auth', '/oauth2/callback'));
  await project.set({
    AUTH_MODE: 'oauth',
    OAUTH_PROVIDER: 'oidc',
    OAUTH_PROVIDER_NAME: 'Example & Co',
    OAUTH_CLIENT_ID: provider.clientId,
    OAUTH_ISSUER_URL: provider.issuer,
    OAUTH_PRIVATE_CA: 'true',
    OAUTH_ALLOWED_EMAILS: 'alice@example.test,carol@example.test',
    // Many people sign in here within a minute, all from one address.
    RATE_AUTH: '100/s:200',
  });
  const override = {
    services: { oauth: { extra_hosts: [`${provider.host}=${provider.address}`] } },
  };
  await project.write('overrides/oauth.yml', JSON.stringify(override));
  await mkdir(join(project.directory, 'secrets'), { mode: 0o700 });
  for (const [name, value] of [
    ['oauth-client-secret', provider.clientSecret],
    ['oauth-provider-ca', provider.authority],
  ] as const) {
    await project.write(`secrets/${name}`, value);
    await chmod(join(project.directory, 'secrets', name), 0o600);
  }
  await project.up();
  authorities = [await project.read('secrets/ca.crt'), provider.authority];
}, startTimeout);

afterAll(async () => {
  await project.remove();
  await provider.stop();
}, 60_000);

/** From the sign-in page to the provider's form. */
async function goToProvider(visitor: Visitor, wanted: string): Promise<Hop> {
  const page = await visitor.visit(wanted);
  const link = /<a class="button" href="([^"]+)"/.exec(page.body)?.[1] ?? '';
  return visitor.visit(new URL(link.replaceAll('&amp;', '&'), page.url));
}

/** Signs in at the provider and agrees; `until` may end the way before the callback. */
async function signIn(visitor: Visitor, name: string, until?: (hop: Hop) => boolean): Promise<Hop> {
  const form = await goToProvider(visitor, project.url('sample', '/whoami?from=here&n=1'));
  const consent = await visitor.submit(form, { login: name, password: 'any' });
  return visitor.submit(consent, {}, until);
}

/** The address of the callback that the provider sends the visitor to, not yet gone to. */
async function callbackOf(visitor: Visitor, name: string): Promise<URL> {
  const hop = await signIn(visitor, name, ({ headers }) => isCallback(String(headers.location)));
  return new URL(String(hop.headers.location));
}

function isCallback(url: string): boolean {
  return url.startsWith(project.url('auth', '/oauth2/callback?'));
}

function sessionOf(visitor: Visitor): Cookie | undefined {
  return visitor.cookies.find(({ name }) => name === sessionCookie);
}

function csrfOf(visitor: Visitor): Cookie[] {
  return visitor.cookies.filter(({ name }) => /^__Secure-jacker_session_.*csrf/.test(name));
}

describe('signing in with a provider', () => {
  it('offers the provider and no password', async () => {
    const visitor = createVisitor(authorities);
    const page = await visitor.visit(project.url('sample'));
    expect(page.body).toContain('Sign in with Example &#38; Co');
    expect(page.body).not.toContain('<form');
    expect(page.body).not.toContain('type="password"');
  });

  it('lets an address of the list in, to the page that was asked for', async () => {
    const visitor = createVisitor(authorities);
    const page = await signIn(visitor, 'alice');
    expect(page.url.href).toBe(project.url('sample', '/whoami?from=here&n=1'));
    expect(page.status).toBe(200);
    expect(JSON.parse(page.body)).toMatchObject({ email: 'alice@example.test' });
    expect(sessionOf(visitor)?.line).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    // What protected the way there is gone.
    expect(csrfOf(visitor)).toEqual([]);
  });

  it('refuses any other address, and says so', async () => {
    const visitor = createVisitor(authorities);
    const page = await signIn(visitor, 'mallory');
    expect(page.status).toBe(403);
    expect(page.body).toContain('Back to jacker.localhost');
    expect(page.headers).toHaveProperty('strict-transport-security');
    expect(sessionOf(visitor)).toBeUndefined();
    expect((await visitor.visit(project.url('sample', '/whoami'))).url.host).toMatch(/^auth\./);
  });

  it('asks the provider with state, nonce and a PKCE challenge, and with nothing to spare', async () => {
    const visitor = createVisitor(authorities);
    await goToProvider(visitor, project.url('sample'));
    const asked = visitor.history.find(({ url }) => url.pathname === '/auth')?.url.searchParams;
    const query = Object.fromEntries(asked ?? []);
    expect(query).toMatchObject({
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: project.url('auth', '/oauth2/callback'),
      code_challenge_method: 'S256',
    });
    for (const key of ['state', 'nonce', 'code_challenge']) {
      expect(query[key]?.length, key).toBeGreaterThanOrEqual(43);
    }
    expect(query['scope']?.split(' ').sort()).toEqual(['email', 'openid', 'profile']);
  });

  it('gives every attempt a protection of its own', async () => {
    const visitor = createVisitor(authorities);
    await goToProvider(visitor, project.url('sample'));
    await goToProvider(visitor, project.url('sample'));
    const cookies = csrfOf(visitor);
    expect(new Set(cookies.map(({ name }) => name)).size).toBe(2);
    for (const { line } of cookies) {
      expect(line).toMatch(/; Max-Age=600; HttpOnly; Secure; SameSite=Lax/);
    }
  });
});

describe('the callback', () => {
  it('refuses an answer that another browser asked for', async () => {
    const attacker = createVisitor(authorities);
    const callback = await callbackOf(attacker, 'alice');
    const victim = createVisitor(authorities);
    expect((await victim.visit(callback)).status).toBe(403);
    // An attempt of the victim's own does not help either: its protection is for another state.
    await goToProvider(victim, project.url('sample'));
    expect((await victim.visit(callback)).status).toBe(403);
    expect(sessionOf(victim)).toBeUndefined();
    // The attacker's own browser would have got in with it.
    expect((await attacker.visit(callback)).status).toBe(200);
  });

  it.each<[string, number, (query: URLSearchParams) => void]>([
    ['a changed state', 403, (query) => query.set('state', `x${query.get('state') ?? ''}`)],
    ['an empty state', 500, (query) => query.set('state', '')],
    ['no state', 500, (query) => query.delete('state')],
    ['a code that the provider did not give', 500, (query) => query.set('code', 'made-up')],
    ['no code', 500, (query) => query.delete('code')],
  ])('refuses %s', async (_, status, change) => {
    const visitor = createVisitor(authorities);
    const callback = await callbackOf(visitor, 'alice');
    change(callback.searchParams);
    expect((await visitor.visit(callback)).status).toBe(status);
    expect(sessionOf(visitor)).toBeUndefined();
  });

  it('leads to no other site, whatever is written into the state', async () => {
    const visitor = createVisitor(authorities);
    const callback = await callbackOf(visitor, 'alice');
    const [nonce = ''] = (callback.searchParams.get('state') ?? '').split(':');
    callback.searchParams.set('state', `${nonce}:https://evil.example/`);
    const elsewhere = ({ headers }: Hop): boolean => /evil/.test(headers.location ?? '');
    const page = await visitor.visit(callback, elsewhere);
    expect(elsewhere(page)).toBe(false);
    expect(page.url.hostname).toBe('auth.jacker.localhost');
  });

  it('takes a code once, and a code alone is worth nothing', async () => {
    const visitor = createVisitor(authorities);
    const callback = await callbackOf(visitor, 'alice');
    const stolen = await redeem(callback.searchParams.get('code') ?? '');
    expect(stolen).toMatchObject({ error: 'invalid_grant' });

    const again = createVisitor(authorities);
    const used = await callbackOf(again, 'alice');
    expect((await again.visit(used)).status).toBe(200);
    expect((await again.visit(used)).status).toBe(403);
  });
});

describe('verify', () => {
  it('finds everything in force, and says what it cannot try without an account', async () => {
    // A session for it to look at.
    expect((await signIn(createVisitor(authorities), 'alice')).status).toBe(200);
    const observed = await expectVerified(project);
    const of = (control: string, read: string) =>
      observed.find((one) => one.control === control && one.read === read);
    expect(of('CRIT-005', 'the values of sessions in Redis')).toMatchObject({ status: 'pass' });
    expect(of('CRIT-005', 'a session whose cookie was made up')).toMatchObject({ status: 'pass' });
    expect(of('CRIT-005', 'a session whose cookie was changed')).toMatchObject({
      status: 'not-applicable',
      seen: expect.stringContaining('a provider decides') as unknown,
    });
    expect(of('CRIT-004', 'Set-Cookie of the way to the provider')).toMatchObject({
      status: 'pass',
    });
  });
});

describe.each(['keycloak-oidc', 'gitlab'] as const)('OAUTH_PROVIDER=%s', (kind) => {
  let first: TestProvider;

  beforeAll(async () => {
    first = provider;
    const callback = project.url('auth', '/oauth2/callback');
    provider = await startProvider(await ensureTestbed(), project, callback, kind);
    await useProvider(kind);
  });

  afterAll(async () => {
    await provider.stop();
    provider = first;
    await useProvider('oidc');
  });

  it('signs in with PKCE whoever is on the list', async () => {
    const alice = createVisitor(authorities);
    const page = await signIn(alice, 'alice');
    expect(page.status).toBe(200);
    expect(JSON.parse(page.body)).toMatchObject({ email: 'alice@example.test' });
    const asked = alice.history.find(({ url }) => url.pathname === '/auth')?.url.searchParams;
    expect(asked?.get('code_challenge_method')).toBe('S256');
    const mallory = createVisitor(authorities);
    expect((await signIn(mallory, 'mallory')).status).toBe(403);
    expect(sessionOf(mallory)).toBeUndefined();
  });
});

describe('the list of who may sign in', () => {
  it('ends the sessions of whoever is taken off it', async () => {
    const carol = createVisitor(authorities);
    const alice = createVisitor(authorities);
    expect((await signIn(carol, 'carol')).status).toBe(200);
    expect((await signIn(alice, 'alice')).status).toBe(200);
    await project.set({ OAUTH_ALLOWED_EMAILS: 'alice@example.test' });
    await project.up();
    expect((await alice.visit(project.url('sample', '/whoami'))).status).toBe(200);
    const page = await carol.visit(project.url('sample', '/whoami'));
    expect(page.url.host).toMatch(/^auth\./);
  });

  it('may not be missing or let everybody in', async () => {
    for (const [settings, message] of [
      [{ OAUTH_ALLOWED_EMAILS: null }, 'OAUTH_ALLOWED'],
      [{ OAUTH_ALLOWED_EMAILS: null, OAUTH_ALLOWED_DOMAINS: '*' }, 'OAUTH_ALLOWED_DOMAINS'],
    ] as const) {
      await project.set(settings);
      const { exitCode, stderr } = await project.run(['up', '--yes', '--no-input']);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(message);
    }
  });
});

/** Has the project sign in with the provider that runs now. */
async function useProvider(kind: string): Promise<void> {
  await project.set({ OAUTH_PROVIDER: kind, OAUTH_ISSUER_URL: provider.issuer });
  await project.write('secrets/oauth-client-secret', provider.clientSecret);
  await project.write('secrets/oauth-provider-ca', provider.authority);
  await project.up();
  authorities = [await project.read('secrets/ca.crt'), provider.authority];
}

/** Asks the provider for tokens as the client would, but without the secret of the attempt. */
async function redeem(code: string): Promise<unknown> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: project.url('auth', '/oauth2/callback'),
  }).toString();
  const { hostname, port } = new URL(provider.issuer);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        servername: hostname,
        path: '/token',
        method: 'POST',
        ca: provider.authority,
        agent: false,
        auth: `${provider.clientId}:${provider.clientSecret}`,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(JSON.parse(text)));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
