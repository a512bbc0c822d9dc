import { spawn } from '@lydell/node-pty';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { binary, inFolder } from './binary.ts';

/** The program in a real terminal: keys go in, the screen's text comes out. */
function openTerminal(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const terminal = spawn(process.execPath, [binary, ...args], {
    cwd: folder,
    cols: 120,
    rows: 40,
    env: { PATH: '/usr/bin:/bin', HOME: join(folder, 'home'), TERM: 'xterm-256color', ...env },
  });
  let raw = '';
  let text = '';
  const waiting: (() => void)[] = [];
  terminal.onData((data) => {
    raw += data;
    text += stripVTControlCharacters(data);
    for (const check of waiting) check();
  });
  const exit = new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });
  return {
    exit,
    text: () => text,
    raw: () => raw,
    press: (keys: string) => terminal.write(keys),
    /** Resolves once the text has appeared after what was seen before. */
    see: (part: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`"${part}" did not appear in:\n${text}`)),
          20_000,
        );
        const check = (): void => {
          if (!text.includes(part)) return;
          clearTimeout(timer);
          waiting.splice(waiting.indexOf(check), 1);
          resolve();
        };
        waiting.push(check);
        check();
      }),
  };
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
