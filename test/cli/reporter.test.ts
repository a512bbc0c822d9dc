import { spawn } from '@lydell/node-pty';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from '../../src/io/world.ts';
import { createReporter } from '../../src/cli/reporter.ts';
import { inFolder } from './binary.ts';

const escape = String.fromCharCode(27);

/** The screen after a text was written to it, as a terminal with these escape sequences shows it. */
function screenOf(text: string, columns: number): string[] {
  const rows: string[] = [''];
  let row = 0;
  let column = 0;
  // A real terminal turns a line feed into both.
  for (const [token, count, act] of text.matchAll(/\u001b\[(\d*)([ABK])|[\s\S]/g)) {
    if (act === 'A') row = Math.max(0, row - Number(count));
    else if (act === 'B') row += Number(count);
    else if (act === 'K') rows[row] = '';
    else if (token === '\r') column = 0;
    else if (token === '\n') [row, column] = [row + 1, 0];
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      rows[row] = (rows[row] ?? '').slice(0, column).padEnd(column) + token;
      column++;
    }
    rows[row] ??= '';
  }
  return rows.map((line) => line.trimEnd());
}

function report(options: { terminal: boolean; columns?: number; rows?: number; term?: string }) {
  let text = '';
  const { terminal, columns = 40, rows = 10, term = 'xterm' } = options;
  const world = {
    terminal: {
      err: (part: string) => void (text += part),
      errIsTerminal: terminal,
      errSize: () => ({ columns, rows }),
    },
    env: { TERM: term, NO_COLOR: '1' },
  } as unknown as World;
  const reporter = createReporter(world, { quiet: false, json: false, color: 'auto' });
  return { reporter, text: () => text, screen: () => screenOf(text, columns) };
}

/** Two services that change by turns. */
function go({ reporter }: ReturnType<typeof report>): void {
  reporter.step('starting');
  for (const state of ['creating', 'starting', 'healthy']) {
    reporter.progress('redis', state);
    reporter.progress('traefik', state);
  }
  reporter.step('done');
  reporter.progress('redis', 'stopped');
}

describe('progress', () => {
  it('is a line for each change where stderr is no terminal, or a dumb one', () => {
    for (const made of [report({ terminal: false }), report({ terminal: true, term: 'dumb' })]) {
      go(made);
      expect(made.text()).not.toContain(escape);
      expect(made.text().split('\n')).toEqual([
        'starting',
        '  redis creating',
        '  traefik creating',
        '  redis starting',
        '  traefik starting',
        '  redis healthy',
        '  traefik healthy',
        'done',
        '  redis stopped',
        '',
      ]);
    }
  });

  it('is one row for each service on a terminal, and new rows after a step', () => {
    const made = report({ terminal: true });
    go(made);
    expect(made.screen()).toEqual([
      'starting',
      '  redis healthy',
      '  traefik healthy',
      'done',
      '  redis stopped',
      '',
    ]);
  });

  it('never wraps a row, and appends where a row has left the screen', () => {
    const narrow = report({ terminal: true, columns: 12 });
    go(narrow);
    expect(narrow.screen()).toEqual([
      'starting',
      '  redis hea',
      '  traefik h',
      'done',
      '  redis sto',
      '',
    ]);
    const low = report({ terminal: true, rows: 3 });
    for (const name of ['a', 'b', 'c', 'd']) low.reporter.progress(name, 'creating');
    low.reporter.progress('d', 'healthy');
    low.reporter.progress('a', 'healthy');
    expect(low.screen()).toEqual([
      '  a creating',
      '  b creating',
      '  c creating',
      '  d healthy',
      '  a healthy',
      '',
    ]);
  });
});

it('is live in a real terminal, and lines in a pipe', () =>
  inFolder(async (folder) => {
    const script = join(folder, 'go.ts');
    const source = join(import.meta.dirname, '../../src');
    await writeFile(
      script,
      `import { createReporter } from ${JSON.stringify(join(source, 'cli/reporter.ts'))};
       import { nodeWorld } from ${JSON.stringify(join(source, 'io/node-world.ts'))};
       const world = nodeWorld({ color: 'never' });
       const reporter = createReporter(world, { quiet: false, json: false, color: 'never' });
       for (const state of ['creating', 'healthy']) for (const name of ['a', 'b']) reporter.progress(name, state);
       world.close();`,
    );
    const run = async (file: string, args: string[]): Promise<string> => {
      const terminal = spawn(file, args, { cols: 60, rows: 20, env: { TERM: 'xterm' } });
      let text = '';
      terminal.onData((data) => (text += data));
      await new Promise((resolve) => terminal.onExit(resolve));
      return text;
    };
    const live = await run(process.execPath, [script]);
    expect(screenOf(live, 60)).toEqual(['  a healthy', '  b healthy', '']);
    const piped = await run('/bin/sh', ['-c', `'${process.execPath}' '${script}' 2>&1 | cat`]);
    expect(piped).not.toContain(escape);
    expect(piped.split('\r\n')).toEqual([
      '  a creating',
      '  b creating',
      '  a healthy',
      '  b healthy',
      '',
    ]);
  }));
