import { spawn } from '@lydell/node-pty';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { binary } from './binary.ts';

/** The program in a real terminal: keys go in, the screen's text comes out. */
export function openTerminal(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
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
