import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestPlainly, shakeHands } from './edge-connection.ts';
import { startEdgeProject, startTimeout, type EdgeProject } from './edge-project.ts';
import { browserAccept, createHttpClient, type Answer, type HttpClient } from './http-client.ts';

const sessionCookie = '__Secure-jacker_session';
const banner = `<img src=x onerror=alert(1)> {{.ProxyPrefix}} "q" 'q' & Co`;
const footer = '</footer><script>alert(2)</script>';

let project: EdgeProject;
let password: string;
/** A client with a session, for tests that do not end it. */
let member: HttpClient;

beforeAll(async () => {
  project = await startEdgeProject({
    sample: true,
    settings: {
      SIGN_IN_BANNER: banner,
      SIGN_IN_FOOTER: footer,
      // Wide enough for every test before the one that narrows it.
      RATE_AUTH: '100/s:200',
    },
  });
  password = (await project.read('secrets/admin-password')).trim();
  member = await createHttpClient(project);
  await member.signIn(password);
}, startTimeout);

afterAll(async () => {
  await project.remove();
}, 60_000);

/** What a browser reads from an attribute's text in HTML. */
function attributeText(html: string): string {
  return html
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function location(answer: Answer): string {
  return String(answer.headers['location'] ?? '');
}

function setCookies(answer: Answer): string[] {
  return [answer.headers['set-cookie'] ?? []].flat();
}

/** Where a browser at the sign-in host would go with this redirect. */
function destination(target: string): URL {
  return new URL(target, project.url('auth', '/oauth2/sign_in'));
}

function isOwn(target: string): boolean {
  const { protocol, hostname, port } = destination(target);
  return (
    protocol === 'https:' &&
    (hostname === project.domain || hostname.endsWith(`.${project.domain}`)) &&
    port === String(project.httpsPort)
  );
}

async function signInWith(client: HttpClient, rd: string): Promise<Answer> {
  return client.post(
    project.url('auth', '/oauth2/sign_in'),
    new URLSearchParams({ username: 'admin', password, rd }).toString(),
  );
}

describe('the sign-in page', () => {
  it('shows banner and footer as text, whatever is in them', async () => {
    const client = await createHttpClient(project);
    const { status, body } = await client.get(project.url('auth', '/oauth2/sign_in'));
    expect(status).toBe(200);
    const decoded = body.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    expect(decoded).toContain(`<h1>${banner}</h1>`);
    expect(decoded).toContain(`<footer>${footer}</footer>`);
    expect(body).not.toMatch(/<img|<script/);
    expect(body.match(/<footer>/g)).toHaveLength(1);
  });

  it('shows what somebody puts into the address as text, too', async () => {
    const client = await createHttpClient(project);
    const attack = encodeURIComponent(`${project.url('sample')}?a="><script>alert(3)</script>`);
    const { body } = await client.get(project.url('auth', `/oauth2/sign_in?rd=${attack}`));
    expect(body).toContain('alert(3)');
    expect(body).not.toContain('<script');
  });

  it('answers a wrong password or name with the form and no cookie', async () => {
    const client = await createHttpClient(project);
    for (const answer of [
      await client.signIn('wrong'),
      await client.signIn(password, 'root'),
      await client.signIn(''),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('The name or the password is not right.');
    }
    expect(client.cookies.size).toBe(0);
  });
});

describe('a page behind the sign-in', () => {
  it('sends a browser to the form, and answers a program with 401', async () => {
    const client = await createHttpClient(project);
    for (const url of [
      project.url('', '/x?a=1&b=2'),
      project.url('sample', '/whoami?a=1&b=2'),
      project.url('sample', '/api/list?a=1&b=2'),
      project.url('traefik', '/dashboard/?a=1&b=2'),
    ]) {
      const page = await client.get(url, browserAccept);
      expect(page.status).toBe(302);
      expect(location(page)).toBe(
        project.url('auth', `/oauth2/sign_in?rd=${encodeURIComponent(url)}`),
      );
      expect((await client.get(url, { accept: 'application/json' })).status).toBe(401);
      expect((await client.get(url)).status).toBe(401);
      expect((await client.post(url, 'x=1')).status).toBe(401);
    }
  });

  it('opens to a session, and tells the application who it is', async () => {
    const answer = await member.get(project.url('sample', '/whoami'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ user: 'admin' });
  });

  it('takes nobody else’s word for who the visitor is', async () => {
    const spoofed = {
      'X-Forwarded-User': 'root',
      'X-Forwarded-Email': 'root@example.com',
      'X-Forwarded-Groups': 'admins',
      'X-Forwarded-Preferred-Username': 'root',
      'X-Auth-Request-User': 'root',
      'X-Auth-Request-Email': 'root@example.com',
      'X-Auth-Request-Groups': 'admins',
      'X-Forwarded-For': '192.0.2.66',
      'X-Real-Ip': '192.0.2.66',
    };
    const answer = await member.get(project.url('sample', '/whoami'), spoofed);
    const seen = JSON.parse(answer.body) as { user: string; headers: Record<string, string> };
    expect(seen.user).toBe('admin');
    expect(JSON.stringify(seen)).not.toMatch(/root|admins|192\.0\.2\.66/);
    // A name with underscores looks the same to programs that read headers as variables.
    const underscored = await member.get(project.url('sample', '/whoami'), {
      X_Forwarded_User: 'root',
      X_Auth_Request_Email: 'root@example.com',
    });
    expect(underscored.body).not.toContain('root');
    // A client may name headers that end at the first hop; the identity is not among them.
    const hop = await member.get(project.url('sample', '/whoami'), {
      connection: 'close, x-forwarded-user, x-auth-request-user',
      'x-forwarded-user': 'root',
    });
    expect(JSON.parse(hop.body)).toMatchObject({ user: 'admin' });
  });

  it('does not believe a client who names another host, path or method to the gate', async () => {
    const client = await createHttpClient(project);
    for (const headers of [
      { 'X-Forwarded-Host': `auth.${project.domain}`, 'X-Forwarded-Uri': '/oauth2/sign_in' },
      { 'X-Forwarded-Method': 'OPTIONS' },
      { 'X-Forwarded-Uri': '/ping', 'X-Original-Url': '/ping', 'X-Rewrite-Url': '/ping' },
      { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` },
      { authorization: 'Bearer x' },
    ] as Record<string, string>[]) {
      expect((await client.get(project.url('sample', '/whoami'), headers)).status).toBe(401);
    }
    const redirected = await client.get(project.url('sample', '/whoami'), {
      ...browserAccept,
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
    });
    expect(isOwn(location(redirected))).toBe(true);
    expect(location(redirected)).not.toContain('evil.example');
  });

  it('refuses a path that an application might read differently', async () => {
    for (const path of ['/api%2f..%2fwhoami', '/api/..%5cwhoami', '/whoami%00', '/whoami%3fx']) {
      expect((await member.get(project.url('sample', path))).status).toBe(400);
    }
  });
});

describe('the session', () => {
  it('is refused when any part of its cookie was changed', async () => {
    const value = member.cookies.get(sessionCookie) ?? '';
    const parts = value.split('|');
    expect(parts).toHaveLength(3);
    const client = await createHttpClient(project);
    const flip = (text: string): string =>
      `${text.slice(0, 8)}${text[8] === 'A' ? 'B' : 'A'}${text.slice(9)}`;
    const later = String(Number(parts[1]) + 86_400);
    for (const changed of [
      [flip(parts[0] ?? ''), parts[1], parts[2]],
      [parts[0], later, parts[2]],
      [parts[0], parts[1], flip(parts[2] ?? '')],
      [parts[0], parts[1], ''],
      [parts[0]],
    ]) {
      client.cookies.set(sessionCookie, changed.join('|'));
      expect((await client.get(project.url('sample', '/whoami'))).status).toBe(401);
    }
    client.cookies.set(sessionCookie, value);
    expect((await client.get(project.url('sample', '/whoami'))).status).toBe(200);
  });

  it('lies in Redis, encrypted, until it ends', async () => {
    const redis = async (...command: string[]): Promise<string> => {
      const secret = (await project.read('secrets/redis-admin')).trim();
      const script = `AUTH admin ${secret}\n${command.join(' ')}\n`;
      const { stdout } = await project.docker(
        ['exec', '-i', project.container('redis'), 'redis-cli', '--no-raw'],
        script,
      );
      return stdout;
    };
    const list = await redis('SCAN', '0', 'COUNT', '1000', 'MATCH', `${sessionCookie}*`);
    const keys = [...list.matchAll(/"(__Secure-jacker_session[^"]+)"/g)].map(([, key = '']) => key);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const [value = ''] = /"(?:[^"\\]|\\.)+"/s.exec(await redis('GET', key)) ?? [];
      expect(value.length).toBeGreaterThan(60);
      expect(value).not.toMatch(/admin|email|user|created/i);
      // Neither text nor a known serialization: most bytes are outside of ASCII's letters.
      expect(value.match(/\\x/g)?.length).toBeGreaterThan(15);
      const lifetime = Number(/\(integer\) (\d+)/.exec(await redis('TTL', key))?.[1]);
      expect(lifetime).toBeGreaterThan(0);
      expect(lifetime).toBeLessThanOrEqual(24 * 60 * 60);
    }
  });

  it('is over after signing out, also for whoever kept the cookie', async () => {
    const client = await createHttpClient(project);
    await client.signIn(password);
    const kept = client.cookies.get(sessionCookie) ?? '';
    expect((await client.get(project.url('sample', '/whoami'))).status).toBe(200);
    const out = await client.get(project.url('auth', '/oauth2/sign_out?rd=%2F'));
    expect(out.status).toBe(302);
    expect(client.cookies.has(sessionCookie)).toBe(false);
    const thief = await createHttpClient(project);
    thief.cookies.set(sessionCookie, kept);
    expect((await thief.get(project.url('sample', '/whoami'))).status).toBe(401);
    // Only this session: another one of the same account goes on.
    expect((await member.get(project.url('sample', '/whoami'))).status).toBe(200);
  });

  it('comes in a cookie with every protection', async () => {
    const client = await createHttpClient(project);
    const [cookie = '', ...more] = setCookies(await client.signIn(password));
    expect(more).toEqual([]);
    expect(cookie.split('; ').slice(1)).toEqual([
      'Path=/',
      `Domain=${project.domain}`,
      'Max-Age=86400',
      'HttpOnly',
      'Secure',
      'SameSite=Lax',
    ]);
  });
});

describe('where signing in and out lead to', () => {
  it.each([
    ['another host', () => 'https://evil.example/'],
    ['another host on our port', () => `https://evil.example:${String(project.httpsPort)}/`],
    ['no scheme', () => '//evil.example/'],
    ['a backslash', () => '/\\evil.example/'],
    ['two backslashes', () => '\\\\evil.example/'],
    ['a backslash within', () => `https://evil.example\\.${project.domain}/`],
    ['a slash and a tab', () => '/\t/evil.example/'],
    ['a slash and a newline', () => '/\n/evil.example/'],
    ['three slashes', () => '///evil.example/'],
    ['dots before slashes', () => '/.//evil.example/'],
    ['parent folders', () => '/x/..//evil.example/'],
    ['a user before the host', () => `${project.url('').slice(0, -1)}@evil.example/`],
    ['our domain within another', () => `https://${project.domain}.evil.example/`],
    [
      'our domain after another',
      () => `https://evil${project.domain}:${String(project.httpsPort)}/`,
    ],
    [
      'our domain in the fragment',
      () => `https://evil.example#.${project.domain}:${String(project.httpsPort)}`,
    ],
    [
      'our domain in the query',
      () => `https://evil.example?.${project.domain}:${String(project.httpsPort)}`,
    ],
    ['another port', () => `https://${project.domain}:1/`],
    ['a script', () => 'javascript:alert(1)'],
    ['a script with our host', () => `javascript://${project.domain}/%0aalert(1)`],
    ['data', () => 'data:text/html,<script>alert(1)</script>'],
    ['a scheme without slashes', () => 'https:evil.example'],
  ])('never is %s', async (_, attempt) => {
    const rd = attempt();
    const client = await createHttpClient(project);
    const form = await client.get(
      project.url('auth', `/oauth2/sign_in?rd=${encodeURIComponent(rd)}`),
    );
    const field = /name="rd" value="([^"]*)"/.exec(form.body)?.[1] ?? '';
    expect(destination(attributeText(field)).hostname).not.toMatch(/evil|^$/);

    const posted = await signInWith(client, rd);
    expect(posted.status).toBe(302);
    expect(isOwn(location(posted)), location(posted)).toBe(true);

    const out = await client.get(
      project.url('auth', `/oauth2/sign_out?rd=${encodeURIComponent(rd)}`),
    );
    expect(out.status).toBe(302);
    expect(isOwn(location(out)), location(out)).toBe(true);
  });

  it('is any page below the domain', async () => {
    const client = await createHttpClient(project);
    for (const wanted of [project.url(''), project.url('sample', '/a/b?c=d&e=%20#f')]) {
      expect(location(await signInWith(client, wanted))).toBe(wanted);
    }
  });
});

/** The server's alert; libraries name it with different prefixes. */
function alert(name: string): object {
  return { refused: expect.stringMatching(new RegExp(`_${name}$`)) as unknown };
}

describe('the edge', () => {
  it('refuses old protocols and suites without authenticated encryption', async () => {
    const port = project.httpsPort;
    const ca = await project.read('secrets/ca.crt');
    const to = { servername: `sample.${project.domain}`, ca };
    const old = 'ALL:@SECLEVEL=0';
    expect(
      await shakeHands(port, { ...to, ciphers: old, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
    ).toEqual(alert('PROTOCOL_VERSION'));
    for (const ciphers of [
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-ECDSA-AES256-SHA',
      'ECDHE-ECDSA-AES128-SHA256',
      'ECDHE-RSA-AES256-SHA384',
      'AES128-GCM-SHA256',
    ]) {
      expect(
        await shakeHands(port, { ...to, ciphers, maxVersion: 'TLSv1.2' }),
        `${ciphers} was accepted`,
      ).toEqual(alert('HANDSHAKE_FAILURE'));
    }
    expect(
      await shakeHands(port, {
        ...to,
        ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
        maxVersion: 'TLSv1.2',
      }),
    ).toMatchObject({ protocol: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
    expect(await shakeHands(port, to)).toMatchObject({ protocol: 'TLSv1.3' });
  });

  it('refuses a handshake for a name that is not ours, or for none', async () => {
    const port = project.httpsPort;
    const ca = await project.read('secrets/ca.crt');
    const unknown = alert('UNRECOGNIZED_NAME');
    for (const servername of ['evil.example', `a.b.${project.domain}`, `evil${project.domain}`]) {
      expect(await shakeHands(port, { servername, ca }), servername).toEqual(unknown);
    }
    expect(await shakeHands(port, { ca })).toEqual(unknown);
  });

  it('gives a request no route that its handshake was not made for', async () => {
    const client = await createHttpClient(project);
    const answer = await client.get(project.url('nobody'), {
      ...browserAccept,
      host: `sample.${project.domain}:${String(project.httpsPort)}`,
    });
    expect(answer.status).toBe(421);
  });

  it('redirects plain HTTP to HTTPS on the right port', async () => {
    for (const host of [project.domain, `sample.${project.domain}`, `nobody.${project.domain}`]) {
      expect(
        await requestPlainly(project.httpPort, `${host}:${String(project.httpPort)}`, '/a?b=c%20d'),
      ).toEqual({
        status: 301,
        location: `https://${host}:${String(project.httpsPort)}/a?b=c%20d`,
      });
    }
  });

  it('sends the security headers with every route and every kind of answer', async () => {
    const client = await createHttpClient(project);
    const answers = {
      'the sign-in page': await client.get(project.url('auth', '/oauth2/sign_in')),
      'a page that does not exist there': await client.get(project.url('auth', '/x')),
      'a redirect to it': await client.get(project.url('sample'), browserAccept),
      'a 401': await client.get(project.url('sample')),
      'the portal': await member.get(project.url(''), browserAccept),
      'a missing page of the portal': await member.get(project.url('', '/x'), browserAccept),
      'an application': await member.get(project.url('sample'), browserAccept),
      'its API': await member.get(project.url('sample', '/api/x')),
      'the dashboard': await member.get(project.url('traefik', '/api/version')),
      'an unknown host': await client.get(project.url('nobody'), browserAccept),
    };
    const common = {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'permissions-policy': expect.stringContaining('camera=()') as unknown,
      'referrer-policy': expect.stringMatching(
        /^(no-referrer|strict-origin-when-cross-origin)$/,
      ) as unknown,
      'x-frame-options': expect.stringMatching(/^(DENY|SAMEORIGIN)$/) as unknown,
      'content-security-policy': expect.stringContaining('frame-ancestors') as unknown,
    };
    for (const [name, { headers }] of Object.entries(answers)) {
      expect(headers, name).toMatchObject(common);
      expect(headers, name).not.toHaveProperty('server');
      expect(headers, name).not.toHaveProperty('x-powered-by');
    }
    for (const name of ['the sign-in page', 'the portal', 'an unknown host'] as const) {
      expect(answers[name].headers['x-frame-options']).toBe('DENY');
      const policy = String(answers[name].headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe-inline');
    }
    expect(String(answers['the sign-in page'].headers['cache-control'])).toContain('no-store');
    expect(String(answers['the portal'].headers['cache-control'])).toContain('no-store');
  });

  it('has a page of its own for an unknown host', async () => {
    const client = await createHttpClient(project);
    for (const path of ['/', '/404.html', '/api/x', '/oauth2/sign_in']) {
      const answer = await client.get(project.url('nobody', path));
      expect(answer.status).toBe(404);
      expect(answer.body).toContain('<h1>Nothing is here</h1>');
    }
  });

  it('has a page of its own for a service that does not answer', async () => {
    const service = project.container('sample');
    await project.docker(['stop', '-t', '1', service]);
    try {
      const answer = await member.get(project.url('sample'), browserAccept);
      expect(answer.status).toBe(502);
      expect(answer.body).toContain('<h1>The service does not answer</h1>');
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
      // Without a session nothing is said about the service.
      const client = await createHttpClient(project);
      expect((await client.get(project.url('sample'))).status).toBe(401);
    } finally {
      await project.docker(['start', service]);
    }
    await expect
      .poll(async () => (await member.get(project.url('sample'))).status, { timeout: 60_000 })
      .toBe(200);
  });

  it.each(['oauth', 'error-pages', 'redis'])(
    'lets nobody through while %s is down, with or without a session',
    async (name) => {
      const service = project.container(name);
      const client = await createHttpClient(project);
      expect((await member.get(project.url('sample', '/whoami'))).status).toBe(200);
      await project.docker(['stop', '-t', '1', service]);
      try {
        for (const visitor of [member, client]) {
          for (const headers of [{}, browserAccept]) {
            const answer = await visitor.get(project.url('sample', '/whoami'), headers);
            expect(answer.body).not.toContain('forwardedFor');
            expect(answer.status).toBeGreaterThanOrEqual(500);
          }
        }
      } finally {
        await project.docker(['start', service]);
      }
      await expect
        .poll(async () => (await member.get(project.url('sample', '/whoami'))).status, {
          timeout: 60_000,
        })
        .toBe(200);
    },
  );
});

describe('settings of the sign-in', () => {
  it('COOKIE_SAMESITE reaches the cookie, and sessions outlive the change', async () => {
    for (const [value, shown] of [
      ['strict', 'Strict'],
      ['none', 'None'],
    ] as const) {
      await project.set({ COOKIE_SAMESITE: value });
      await project.up();
      const client = await createHttpClient(project);
      const [cookie = ''] = setCookies(await client.signIn(password));
      expect(cookie.split('; ')).toEqual(
        expect.arrayContaining(['Secure', 'HttpOnly', `SameSite=${shown}`]),
      );
      expect((await member.get(project.url('sample', '/whoami'))).status).toBe(200);
    }
  }, 300_000);

  it('RATE_AUTH limits guesses of a password, with a page of its own', async () => {
    await project.set({ RATE_AUTH: '6/m:5' });
    await project.up();
    const client = await createHttpClient(project);
    const answers: Answer[] = [];
    for (let attempt = 0; attempt < 8; attempt++) answers.push(await client.signIn('guess'));
    expect(answers.slice(0, 5).map(({ status }) => status)).toEqual(Array(5).fill(401));
    const limited = answers.at(-1);
    expect(limited?.status).toBe(429);
    expect(limited?.body).toContain('<h1>Too many requests</h1>');
    expect(limited?.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'retry-after': '10',
    });
    // It counts for the sign-in pages only; who has a session goes on.
    expect((await member.get(project.url('sample', '/whoami'))).status).toBe(200);
    // Also the right password has to wait: what cannot be tried cannot be found.
    expect((await client.signIn(password)).status).toBe(429);
  });
});
