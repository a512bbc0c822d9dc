import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { inFolder, jacker } from '../cli/binary.ts';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';

/** What a careful server would send with it: not even the page's own policy may be wider. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const stack = `services:
  edge:
    image: traefik:v3.6.2
    ports: ["80:80"]
    networks: [front]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
  app:
    image: "example.org/<script>document.title='ran'</script>:1"
    labels:
      traefik.http.routers.app.rule: "Host(\`<img src=x onerror=alert(1)>\`)"
    networks: [front, back]
    environment: { DB_PASSWORD: "v9Xk2mQ7pLr4Tz8W" }
  db:
    image: postgres:17
    networks: [back]
networks: { front: {}, back: { internal: true } }
`;

let browser: TestBrowser;
let page: Page;
const requests: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  const html = await inFolder(async (folder) => {
    await writeFile(join(folder, 'compose.yml'), stack);
    const run = await jacker(folder, ['audit', '--format', 'html', '-o', 'report.html']);
    expect(run).toMatchObject({ exitCode: 4, stdout: '', stderr: '' });
    return readFile(join(folder, 'report.html'), 'utf8');
  });
  browser = await startBrowser();
  page = await browser.open();
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.route('**/*', (route) =>
    route.request().url() === 'https://report.test/'
      ? route.fulfill({
          body: html,
          contentType: 'text/html; charset=utf-8',
          headers: { 'content-security-policy': policy },
        })
      : route.abort(),
  );
  await page.goto('https://report.test/');
}, 300_000);
afterAll(() => browser.close());

it('the report of an audit opens under the strictest policy, runs nothing and asks for nothing', async () => {
  await browser.picture(page, 'audit-report');
  expect(requests).toEqual(['https://report.test/']);
  expect(complaints).toEqual([]);
  expect(browser.violations).toEqual([]);
  expect(await page.title()).toBe('Jacker audit');
  expect(await page.locator('script, img, iframe, link, object, embed').count()).toBe(0);
});

it('its style is in force, and its picture shows the networks and who is on them', async () => {
  const font = await page.evaluate<string>('getComputedStyle(document.body).fontFamily');
  expect(font).toContain('sans-serif');
  const picture = page.locator('svg').first();
  const box = await picture.boundingBox();
  expect(box?.width).toBeGreaterThan(200);
  expect(box?.height).toBeGreaterThan(50);
  const text = (await picture.textContent()) ?? '';
  for (const name of ['edge', 'app', 'db', 'front', 'back']) expect(text).toContain(name);
  // Nothing of it is wider than the page, nor drawn outside of the picture.
  const wide = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(wide).toBeLessThanOrEqual(0);
});

it('what a file says is text in it, and no credential is', async () => {
  const body = (await page.textContent('body')) ?? '';
  expect(body).toContain('J-SOCK-01');
  expect(await page.content()).not.toContain('v9Xk2mQ7pLr4Tz8W');
  expect(await page.title()).not.toBe('ran');
});
