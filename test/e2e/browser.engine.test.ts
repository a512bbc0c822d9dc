import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from './browser.ts';
import { startEdgeProject, startTimeout, type EdgeProject } from './edge-project.ts';

let project: EdgeProject;
let browser: TestBrowser;
let page: Page;
let password: string;

beforeAll(async () => {
  project = await startEdgeProject({ sample: true });
  browser = await startBrowser(join(project.directory, 'secrets/ca.crt'));
  page = await browser.open();
  password = (await project.read('secrets/admin-password')).trim();
}, startTimeout);

afterAll(async () => {
  await project.remove();
  await browser.close();
}, 60_000);

async function signIn(tab: Page, secret: string): Promise<void> {
  await tab.getByLabel('Name').fill('admin');
  await tab.getByLabel('Password').fill(secret);
  await tab.getByRole('button', { name: 'Sign in' }).click();
}

/** The hosts of every address that led to what the page shows now. */
function hops(response: Awaited<ReturnType<Page['goto']>>): string[] {
  const chain: string[] = [];
  for (
    let request = response?.request() ?? null;
    request !== null;
    request = request.redirectedFrom()
  )
    chain.unshift(new URL(request.url()).host.split(':')[0] ?? '');
  return chain;
}

describe('a person with a browser that trusts the local authority', () => {
  it('is sent to the sign-in page, told about a wrong password, and led to the page asked for', async () => {
    const wanted = project.url('sample', '/whoami?from=a%20link&n=1');
    const response = await page.goto(wanted);
    expect(hops(response)).toEqual(['sample.jacker.localhost', 'auth.jacker.localhost']);
    expect((await response?.securityDetails())?.protocol).toBe('TLS 1.3');
    await expect(page.title()).resolves.toBe('Sign in to jacker.localhost');
    await browser.picture(page, 'sign-in');

    await signIn(page, 'not the password');
    await expect(page.getByRole('alert').textContent()).resolves.toBe(
      'The name or the password is not right.',
    );
    await browser.picture(page, 'sign-in-refused');

    await signIn(page, password);
    await page.waitForURL(wanted);
    const visitor = JSON.parse((await page.textContent('body')) ?? '') as { user: string };
    expect(visitor.user).toBe('admin');
  });

  it('holds one session cookie that scripts and other sites cannot get', async () => {
    const cookies = await browser.context.cookies(project.url('sample'));
    expect(cookies).toEqual([
      expect.objectContaining({
        name: '__Secure-jacker_session',
        domain: '.jacker.localhost',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
      }),
    ]);
    await expect(page.evaluate('document.cookie')).resolves.toBe('');
  });

  it('finds a tile for each service on the portal, and each leads on without signing in again', async () => {
    await page.goto(project.url(''));
    await expect(page.locator('.tiles strong').allTextContents()).resolves.toEqual([
      'Sample',
      'Traefik',
    ]);
    await browser.picture(page, 'portal');
    await page.getByRole('link', { name: 'Sample' }).click();
    await page.waitForURL(project.url('sample'));
    await expect(page.title()).resolves.toBe('Sample application');

    await page.goto(project.url(''));
    await page.getByRole('link', { name: 'Traefik' }).click();
    await page.waitForURL((url) => url.host.startsWith('traefik.'));
    // The dashboard's own page is missing where Traefik was built as a Go module; its API is not.
    const api = await page.goto(project.url('traefik', '/api/version'));
    expect(api?.status()).toBe(200);
    await expect(page.textContent('body')).resolves.toContain('"Version"');
  });

  it('carries no session when another site makes the browser send a form', async () => {
    const form = `<!doctype html><form method="post" action="${project.url('sample', '/echo')}">
      <input name="a" value="1"></form><button onclick="document.forms[0].submit()">Go</button>`;
    // The same request works from the application's own site.
    await page.goto(project.url('sample'));
    await expect(
      page.evaluate(`fetch('/echo', { method: 'POST', body: 'mine' }).then((r) => r.text())`),
    ).resolves.toBe('mine');

    const [site, origin] = await serve(form);
    const tab = await browser.open();
    try {
      await tab.goto(origin);
      const posted = tab.waitForRequest((request) => request.method() === 'POST');
      await tab.getByRole('button').click();
      const request = await posted;
      const headers = await request.allHeaders();
      expect(headers['origin']).toBe(origin);
      expect(headers['cookie']).toBeUndefined();
      expect((await request.response())?.status()).toBe(302);
      await tab.waitForURL((url) => url.host.startsWith('auth.'));
    } finally {
      await tab.close();
      await stop(site);
    }
  });

  it('is still signed in after that form, and after any other of another site', async () => {
    const staysSignedIn = async (what: string): Promise<void> => {
      await page.goto(project.url('sample', '/whoami'));
      expect(new URL(page.url()).pathname, what).toBe('/whoami');
    };
    await staysSignedIn('the form to the application');
    for (const [path, way, status] of [
      ['/oauth2/sign_out', 'Link', 404],
      ['/oauth2/sign_out', 'Form', 404],
      ['/oauth2/sign_in', 'Form', 404],
      ['/', 'Form', 404],
      // This one is where whoever is not signed in is led to.
      ['/oauth2/sign_in', 'Link', 200],
    ] as const) {
      expect(await goFromElsewhere(path, way), `${way} ${path}`).toBe(status);
      await staysSignedIn(`${way} ${path}`);
    }
  });

  it('is asked again everywhere after signing out', async () => {
    await page.goto(project.url(''));
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.host.startsWith('auth.'));
    await expect(browser.context.cookies(project.url(''))).resolves.toEqual([]);
    await page.goto(project.url('sample'));
    expect(new URL(page.url()).host).toMatch(/^auth\./);
    await expect(page.getByLabel('Password').isVisible()).resolves.toBe(true);
  });

  it('lands on the portal after signing in at the sign-in address itself', async () => {
    await page.goto(project.url('auth'));
    await signIn(page, password);
    await page.waitForURL(project.url(''));
  });

  it('sees a page of its own for an unknown host', async () => {
    const response = await page.goto(project.url('nobody'));
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading').textContent()).resolves.toBe('Nothing is here');
    await browser.picture(page, 'not-found');
  });

  it('would be signed out by other sites without the routers that stop them', async () => {
    const file = 'config/traefik/dynamic/routers.yml';
    const routers = await project.read(file);
    const softened = routers.replaceAll(/^ {4}"?oauth-(foreign|page)"?:\n(?: {6}.*\n)+/gm, '');
    expect(softened.length).toBeLessThan(routers.length - 500);
    await project.write(file, softened);
    await project.succeed(['restart', 'traefik']);
    for (const [path, way] of [
      ['/oauth2/sign_out', 'Link'],
      ['/oauth2/sign_in', 'Link'],
      ['/', 'Form'],
    ] as const) {
      await page.goto(project.url('sample', '/whoami'));
      if (new URL(page.url()).pathname !== '/whoami') await signIn(page, password);
      await page.waitForURL(project.url('sample', '/whoami'));
      await goFromElsewhere(path, way);
      await page.goto(project.url('sample', '/whoami'));
      expect(new URL(page.url()).host, `${way} ${path}`).toMatch(/^auth\./);
    }
  });

  it('runs into no content security policy on any page of ours', () => {
    expect(browser.violations).toEqual([]);
  });
});

/** Has another site's page send the browser to the sign-in host; answers the status there. */
async function goFromElsewhere(path: string, way: 'Link' | 'Form'): Promise<number> {
  const target = project.url('auth', path);
  const [site, origin] = await serve(`<!doctype html><a href="${target}">Link</a>
    <form method="post" action="${target}"><button>Form</button></form>`);
  const tab = await browser.open();
  try {
    await tab.goto(origin);
    const answered = tab.waitForResponse((response) => response.url() === target);
    await tab.getByText(way, { exact: true }).click();
    const response = await answered;
    expect(await response.request().headerValue('sec-fetch-site')).toBe('cross-site');
    return response.status();
  } finally {
    await tab.close();
    await stop(site);
  }
}

/** A browser keeps connections open, for which a server that only closes would wait. */
async function stop(site: Server): Promise<void> {
  const closed = new Promise((resolve) => site.close(resolve));
  site.closeAllConnections();
  await closed;
}

async function serve(html: string): Promise<[Server, string]> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return [server, `http://127.0.0.1:${String(address.port)}`];
}
