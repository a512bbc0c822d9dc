import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFolder } from './binary.ts';
import { openTerminal } from './terminal.ts';

/** Answers the questions that every project is asked, with sign-in at a provider. */
async function answerUntilProvider(terminal: ReturnType<typeof openTerminal>): Promise<void> {
  for (const [question, answer] of [
    ['Name of the project', '\r'],
    ['Domain', '\r'],
    ['Address to listen on', '\r'],
    ['Port for HTTP', '8081\r'],
    ['Port for HTTPS', '8081\r'],
    ['another port', '\u00158444\r'],
    ['Certificates', '\r'],
    ['Sign-in', '\u001b[B\r'],
    ['Services', '\r'],
  ] as const) {
    await terminal.see(question);
    terminal.press(answer);
  }
  await terminal.see('Provider');
}

it('asks, refuses a wrong answer on the spot, and prints the command that asks nothing', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init']);
    await terminal.see('Name of the project');
    terminal.press('home-lab\r');
    await terminal.see('Domain');
    terminal.press('not a domain\r');
    await terminal.see('Expected');
    terminal.press('\u0015lab.example.com\r');
    await terminal.see('Address to listen on');
    terminal.press('\r');
    await terminal.see('Port for HTTP');
    terminal.press('8081\r');
    await terminal.see('Port for HTTPS');
    terminal.press('8444\r');
    await terminal.see('Certificates');
    terminal.press('\r');
    await terminal.see('Sign-in');
    terminal.press('\r');
    await terminal.see('Services');
    terminal.press('\r');
    expect(await terminal.exit).toBe(0);
    const env = await readFile(join(folder, '.env'), 'utf8');
    expect(env).toMatch(/^PROJECT_NAME=home-lab$/m);
    expect(env).toMatch(/^DOMAIN=lab\.example\.com$/m);
    expect(env).toMatch(/^HTTPS_PORT=8444$/m);
    const password = await readFile(join(folder, 'secrets/admin-password'), 'utf8');
    expect(terminal.text().split(password)).toHaveLength(2);
    expect(terminal.text()).toContain('jacker init --no-input --set PROJECT_NAME=home-lab');
  }));

it('asks no issuer of a provider that has none, and takes mail domains instead of addresses', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init']);
    await answerUntilProvider(terminal);
    // No certificate of an ACME server for a name under .localhost.
    expect(terminal.text()).not.toContain('letsencrypt');
    terminal.press('\u001b[B\r');
    await terminal.see('Client id');
    terminal.press('client\r');
    await terminal.see('Who may sign in');
    terminal.press('\r');
    await terminal.see('Mail domains');
    terminal.press('*\r');
    await terminal.see('a * would let in everybody');
    terminal.press('\u0015example.com\r');
    expect(await terminal.exit).toBe(0);
    expect(terminal.text()).not.toContain('issuer');
    const env = await readFile(join(folder, '.env'), 'utf8');
    expect(env).toMatch(/^OAUTH_PROVIDER=google$/m);
    expect(env).toMatch(/^OAUTH_ALLOWED_DOMAINS=example\.com$/m);
    expect(env).not.toMatch(/^OAUTH_(ALLOWED_EMAILS|ISSUER_URL)=/m);
  }));

it('asks the issuer of a provider that is found by it, and no domains after an address', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init']);
    await answerUntilProvider(terminal);
    terminal.press('\r');
    await terminal.see('Address of the issuer');
    terminal.press('\r');
    await terminal.see('Expected an answer');
    terminal.press('https://login.example.com\r');
    await terminal.see('Client id');
    terminal.press('client\r');
    await terminal.see('Who may sign in');
    terminal.press('ann@example.com\r');
    expect(await terminal.exit).toBe(0);
    expect(terminal.text()).not.toContain('Mail domains');
    const env = await readFile(join(folder, '.env'), 'utf8');
    expect(env).toMatch(/^OAUTH_ISSUER_URL=https:\/\/login\.example\.com$/m);
    expect(env).toMatch(/^OAUTH_ALLOWED_EMAILS=ann@example\.com$/m);
  }));

it('names the local account as it is called', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init', '-y', '--set', 'ADMIN_USER=lino']);
    expect(await terminal.exit).toBe(0);
    expect(terminal.text()).toContain('Sign in as lino with the password');
  }));

it('writes nothing where Ctrl-C is pressed at a question', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init']);
    await terminal.see('Name of the project');
    terminal.press('\u0003');
    expect(await terminal.exit).toBe(130);
    expect(existsSync(join(folder, '.env'))).toBe(false);
  }));

it('does not ask what a flag has answered', () =>
  inFolder(async (folder) => {
    const terminal = openTerminal(folder, ['init', '-y', '--domain', 'lab.example.com']);
    expect(await terminal.exit).toBe(0);
    expect(terminal.text()).not.toContain('Name of the project');
    const show = openTerminal(folder, ['secrets', 'show', 'admin-password']);
    expect(await show.exit).toBe(0);
    expect(show.text().trim()).toBe(await readFile(join(folder, 'secrets/admin-password'), 'utf8'));
  }));

it('colours an error on a terminal, and not with NO_COLOR', () =>
  inFolder(async (folder) => {
    const escape = `${String.fromCharCode(27)}[`;
    const plain = openTerminal(folder, ['plan'], { NO_COLOR: '1' });
    const coloured = openTerminal(folder, ['plan']);
    expect([await plain.exit, await coloured.exit]).toEqual([2, 2]);
    expect(plain.raw()).toContain('jacker init');
    expect(plain.raw()).not.toContain(escape);
    expect(coloured.raw()).toContain(escape);
  }));
