import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

const executable = '/usr/bin/chromium';
/** Where screenshots stay after the run, for people to look at. */
const results = join(import.meta.dirname, '../../test-results');

/** A browser with a fresh profile that trusts one authority. */
export interface TestBrowser {
  context: BrowserContext;
  /** A new tab. What its console says about a content security policy goes into `violations`. */
  open(): Promise<Page>;
  violations: readonly string[];
  /** Keeps a picture of the page in `test-results/`. */
  picture(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Debian's Chromium with an empty profile, to which only `authority` (a PEM file) is added. */
export async function startBrowser(authority?: string): Promise<TestBrowser> {
  await ensureBrowser();
  const home = await mkdtemp(join(tmpdir(), 'jacker-browser-'));
  try {
    if (authority !== undefined) await trust(home, authority);
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath: executable,
      headless: true,
      env: { PATH: '/usr/bin:/bin', HOME: home },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--host-resolver-rules=MAP *.localhost 127.0.0.1',
      ],
    });
    const violations: string[] = [];
    await mkdir(results, { recursive: true });
    return {
      context,
      violations,
      open: async () => {
        const page = await context.newPage();
        page.on('console', (message) => {
          if (/content security policy/i.test(message.text()))
            violations.push(`${page.url()}: ${message.text()}`);
        });
        return page;
      },
      picture: async (page, name) => {
        await page.screenshot({ path: join(results, `${name}.png`), fullPage: true });
      },
      close: async () => {
        await context.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** Puts the authority where Chromium on Linux looks for those that a user has added. */
async function trust(home: string, authority: string): Promise<void> {
  const store = join(home, '.pki/nssdb');
  await mkdir(store, { recursive: true });
  await execa('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
  await execa('certutil', [
    ...['-d', `sql:${store}`, '-A', '-n', 'project', '-t', 'C,,'],
    ...['-i', authority],
  ]);
}

/** Installs Chromium and certutil where that is possible without asking anybody. */
async function ensureBrowser(): Promise<void> {
  const missing = [
    ...(existsSync(executable) ? [] : ['chromium']),
    ...(existsSync('/usr/bin/certutil') ? [] : ['libnss3-tools']),
  ];
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(`The browser tests need ${missing.join(' and ')}. On Debian: ${command}`);
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update', '-q'], { env });
  await execa('apt-get', command.split(' ').slice(1), { env });
}
