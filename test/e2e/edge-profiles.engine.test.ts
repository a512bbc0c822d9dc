import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/secrets/authority.ts';
import { realRandom } from '../secrets/fixtures.ts';
import { ensureTestbed } from '../testbed/index.ts';
import { shakeHands } from './edge-connection.ts';
import { createEdgeProject, startTimeout, type EdgeProject } from './edge-project.ts';
import { createVisitor, type Hop } from './edge-visitor.ts';
import { expectVerified } from './verified.ts';

const domain = 'jacker.localhost';
const sessionCookie = '__Secure-jacker_session';

let project: EdgeProject;
let authority: KeyPair;
let node: string;

beforeAll(async () => {
  node = (await ensureTestbed()).images.node;
  project = await createEdgeProject({
    sample: true,
    settings: { TLS_MODE: 'custom', TLS_PROFILE: 'modern' },
  });
  const now = new Date();
  authority = createAuthority({
    project: 'somebody else',
    permitted: [domain],
    now,
    random: realRandom,
  });
  const names = [domain, `*.${domain}`];
  const own = issueCertificate({ authority, names, now, random: realRandom });
  await mkdir(join(project.directory, 'secrets'), { mode: 0o700 });
  for (const [name, text] of [
    ['custom-certificate', own.certificate],
    ['custom-certificate-key', own.key],
  ] as const) {
    await project.write(`secrets/${name}`, text);
    await chmod(join(project.directory, 'secrets', name), 0o600);
  }
  const sample = await project.read('services/sample.yml');
  const embedded = sample.replace(/^( +)port: 3000$/m, '$&\n$1headers: embed');
  expect(embedded).not.toBe(sample);
  await project.write('services/sample.yml', embedded);
  await project.up();
}, startTimeout);

afterAll(async () => {
  await project.remove();
}, 60_000);

/** Signs in with the local account, from the page that was asked for. */
async function signIn(wanted: string): Promise<{ page: Hop; session: string; password: string }> {
  const visitor = createVisitor([authority.certificate]);
  const form = await visitor.visit(wanted);
  const rd = /name="rd" value="([^"]*)"/.exec(form.body)?.[1] ?? '';
  const password = (await project.read('secrets/admin-password')).trim();
  const page = await visitor.submit(form, {
    username: 'admin',
    password,
    rd: rd
      .replaceAll('&amp;', '&')
      .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
  });
  const session = visitor.cookies.find(({ name }) => name === sessionCookie)?.value ?? '';
  return { page, session, password };
}

/** A container that stays until the project goes, next to the edge as the error pages are. */
async function startClient(name: string): Promise<string> {
  const network = `${project.name}_error-pages--traefik`;
  const label = `com.docker.compose.project=${project.name}`;
  const started = await project.docker([
    ...['run', '-d', '--init', '--name', `${project.name}-test-${name}`],
    ...['--network', network, '--label', label, node, 'sleep', 'infinity'],
  ]);
  if (started.exitCode !== 0) throw new Error(started.stderr);
  return started.stdout.trim();
}

/** The statuses that a container gets at the entry point that is published. */
async function askFrom(client: string, count: number): Promise<string[]> {
  const program = `
    const https = require('node:https');
    const one = () => new Promise((done) => https.get({ host: 'traefik', port: 8443,
      servername: 'auth.${domain}', headers: { host: 'auth.${domain}' }, path: '/oauth2/sign_in',
      rejectUnauthorized: false }, (r) => { r.resume(); done(String(r.statusCode)); })
      .on('error', (e) => done(e.code || e.message)));
    (async () => { for (let i = 0; i < ${String(count)}; i++) console.log(await one()); })();`;
  const { stdout } = await project.docker(['exec', '-i', client, 'node', '-'], program);
  return stdout.trim().split('\n');
}

describe('TLS_MODE=custom', () => {
  it('serves the certificate that was given, for each host', async () => {
    for (const servername of [domain, `auth.${domain}`, `sample.${domain}`]) {
      const to = { servername, ca: authority.certificate };
      expect(await shakeHands(project.httpsPort, to)).toMatchObject({
        protocol: 'TLSv1.3',
        issuer: expect.stringContaining('somebody else') as unknown,
        alternativeNames: `DNS:${domain}, DNS:*.${domain}`,
      });
    }
  });

  it('is verified by that certificate', async () => {
    await expectVerified(project, ['CRIT-002', 'CRIT-003', 'CRIT-004', 'CRIT-005', 'MED-006']);
  });
});

describe('a page that others of the domain may embed', () => {
  it('says who, and keeps every other protection', async () => {
    const { page } = await signIn(project.url('sample', '/whoami'));
    expect(page.status).toBe(200);
    const port = String(project.httpsPort);
    expect(page.headers).toMatchObject({
      'content-security-policy': `frame-ancestors 'self' https://*.${domain}:${port}; object-src 'none'`,
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
    });
    // Browsers would let this one forbid what the policy allows.
    expect(page.headers).not.toHaveProperty('x-frame-options');
  });
});

describe('the access log', () => {
  it('has a line of JSON for each request, without cookies, passwords or forms', async () => {
    const { page, session, password } = await signIn(project.url('sample', '/whoami?mark=a1b2c3'));
    expect(page.status).toBe(200);
    expect(session.length).toBeGreaterThan(60);
    const { stdout, stderr } = await project.docker(['logs', project.container('traefik')]);
    const text = stdout + stderr;
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const access = lines.filter((line) => 'RequestPath' in line);
    expect(
      access.filter((line) => line['RequestPath'] === '/whoami?mark=a1b2c3').at(-1),
    ).toMatchObject({
      RequestMethod: 'GET',
      DownstreamStatus: 200,
      RequestHost: `sample.${domain}`,
      RouterName: 'sample-web@file',
      ClientHost: expect.stringMatching(/^\d+\./) as unknown,
    });
    expect(access.filter((line) => line['RequestMethod'] === 'POST').at(-1)).toMatchObject({
      RequestPath: '/oauth2/sign_in',
      DownstreamStatus: 302,
    });
    for (const secret of [
      password,
      session,
      ...session.split('|').filter((part) => part.length > 12),
    ]) {
      expect(text.includes(secret)).toBe(false);
    }
    const names = new Set(access.flatMap((line) => Object.keys(line)));
    expect([...names].filter((name) => /cookie|authorization/i.test(name))).toEqual([]);
  });
});

describe('TLS_PROFILE', () => {
  it('modern speaks TLS 1.3 and nothing older; intermediate also 1.2', async () => {
    const older = {
      servername: `sample.${domain}`,
      ca: authority.certificate,
      maxVersion: 'TLSv1.2' as const,
    };
    expect(await shakeHands(project.httpsPort, older)).toEqual({
      refused: expect.stringMatching(/PROTOCOL_VERSION$/) as unknown,
    });
    // The same offer is taken where the profile takes it.
    await project.set({ TLS_PROFILE: 'intermediate', RATE_AUTH: '1/h:3' });
    await project.up();
    expect(await shakeHands(project.httpsPort, older)).toMatchObject({ protocol: 'TLSv1.2' });
  });
});

describe('the rate limit of the sign-in', () => {
  it('counts each client by itself', async () => {
    // A port that is published on the host shows the edge one address for all of this machine.
    const [one, two] = [await startClient('one'), await startClient('two')];
    expect(await askFrom(one, 5)).toEqual(['200', '200', '200', '429', '429']);
    expect(await askFrom(two, 2)).toEqual(['200', '200']);
    expect(await askFrom(one, 1)).toEqual(['429']);
  });

  it('goes on after the edge was restarted, since Redis has counted', async () => {
    const visitor = createVisitor([authority.certificate]);
    const ask = () => visitor.visit(project.url('auth', '/oauth2/sign_in'));
    const exhaust = async (): Promise<Hop> => {
      for (let count = 0; count < 3; count++) await ask();
      return ask();
    };
    const limited = await exhaust();
    expect(limited.status).toBe(429);
    // One in an hour.
    expect(limited.headers['retry-after']).toBe('3600');
    await project.succeed(['restart', 'traefik']);
    expect((await ask()).status).toBe(429);

    // The same with counters in Traefik's own memory: a restart forgets them.
    const file = 'secrets/traefik.dynamic.middlewares.yml';
    const rendered = await project.read(file);
    const softened = rendered.replaceAll(/^ {8}redis:\n(?: {10}.*\n)+/gm, '');
    expect(softened).not.toBe(rendered);
    await project.write(file, softened);
    await project.succeed(['restart', 'traefik']);
    expect((await ask()).status).toBe(200);
    expect((await exhaust()).status).toBe(429);
    await project.succeed(['restart', 'traefik']);
    expect((await ask()).status).toBe(200);
  });
});
