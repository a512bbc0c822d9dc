import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { wantsColor } from '../../src/io/color.ts';
import type { ColorChoice } from '../../src/io/color.ts';
import { startChild } from './child-process.ts';

const program = join(import.meta.dirname, 'world.child.ts');

describe('colour', () => {
  it.each<[string, ColorChoice, Record<string, string>, boolean, boolean]>([
    ['a terminal', 'auto', {}, true, true],
    ['a file', 'auto', {}, false, false],
    ['a terminal without colours', 'auto', { TERM: 'dumb' }, true, false],
    ['NO_COLOR', 'auto', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', 'auto', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR', 'auto', { FORCE_COLOR: '1' }, false, true],
    ['an empty FORCE_COLOR', 'auto', { FORCE_COLOR: '' }, false, true],
    ['FORCE_COLOR=0', 'auto', { FORCE_COLOR: '0' }, true, false],
    ['both', 'auto', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    ['--color always', 'always', { NO_COLOR: '1' }, false, true],
    ['--color never', 'never', { FORCE_COLOR: '1' }, true, false],
  ])('with %s is decided as documented', (_, choice, env, isTerminal, expected) => {
    expect(wantsColor(choice, env, isTerminal)).toBe(expected);
  });
});

describe('the world of a process', () => {
  it('knows the effective user', async () => {
    const child = startChild(program, ['wait']);
    const first = JSON.parse((await child.line()) ?? '') as Record<string, unknown>;
    expect(first['stoppedBy']).toBeNull();
    expect(first['identity']).toEqual({
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
      groups: process.getgroups?.(),
    });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('lets work stop at a safe point after %s', async (signal, exitCode) => {
    const child = startChild(program, ['obey']);
    await child.line();
    child.process.kill(signal);
    expect(JSON.parse((await child.line()) ?? '')).toEqual({
      stoppedBy: { signal, exitCode },
      code: 'interrupted',
    });
    expect(await child.ended).toBe(0);
  });

  it.each([
    ['SIGINT', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 143],
    ['SIGTERM', 'SIGINT', 130],
  ] as const)('ends at once when %s is followed by %s', async (first, second, exitCode) => {
    const child = startChild(program, ['wait']);
    await child.line();
    child.process.kill(first);
    await child.line();
    child.process.kill(second);
    expect(await child.ended).toBe(exitCode);
  });

  it('goes on with its work when the reader of its output goes away', async () => {
    const child = spawn(process.execPath, [program, 'flood'], { stdio: 'pipe' });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(errors).toBe('finished\n');
    expect(code).toBe(0);
  });
});
