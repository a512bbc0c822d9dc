import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { ProbeContext } from '../../../src/controls/control.ts';
import type { ContainerTarget } from '../../../src/controls/reading/probe-containers.ts';
import { tryActs, type ShellAct } from '../../../src/controls/position/shell-acts.ts';

const users: (string | undefined)[] = [];
/** A container that is this machine's own shell. */
const context = {
  signal: new AbortController().signal,
  engine: {
    exec: (_id: string, argv: readonly string[], options: { user?: string }) => {
      users.push(options.user);
      const [program = '', ...args] = argv;
      const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
      return Promise.resolve({ stdout, stderr: '', exitCode: 0 });
    },
  },
} as unknown as ProbeContext;
const target = { facts: { id: 'x' } } as ContainerTarget;

function attempt(...acts: readonly ShellAct[]) {
  return tryActs(context, target, acts, 'EPERM');
}

const refused: ShellAct = {
  name: 'refused',
  script: 'echo "thing: Operation not permitted" >&2; exit 1',
};

describe('acts that are tried', () => {
  it('pass where each was refused', async () => {
    const denied = { name: 'denied', script: 'echo "x: Permission denied" >&2; exit 2' };
    expect(await attempt(refused, denied)).toEqual({
      status: 'pass',
      expected: 'EPERM',
      seen: 'refused: refused, denied',
    });
  });

  it('fail where one succeeded', async () => {
    const found = await attempt(refused, { name: 'open', script: 'true' });
    expect(found).toMatchObject({ status: 'fail', seen: 'succeeded: open' });
  });

  it.each([
    ['cat /nothing/here', 'No such file or directory'],
    ['echo "disk: No space left on device" >&2; exit 1', 'No space left'],
    ['exit 3', 'exit status 3'],
    // Said to whoever listens, but not as an error.
    ['echo "Permission denied"; exit 1', 'exit status 1'],
  ])('are unknown where one failed for another reason: %s', async (script, reason) => {
    const found = await attempt(refused, { name: 'odd', script });
    expect(found.status).toBe('unknown');
    expect(found.seen).toContain('failed for another reason: odd');
    expect(found.seen).toContain(reason);
  });

  it('are unknown where there is no program for one', async () => {
    const found = await attempt(refused, { name: 'rare', script: 'tool no-such-tool; $t' });
    expect(found).toMatchObject({ status: 'unknown', seen: 'could not be tried: rare' });
  });

  it('may have refusals of their own', async () => {
    const script = 'echo "Read-only file system" >&2; exit 1';
    expect(await attempt({ name: 'w', script })).toMatchObject({ status: 'unknown' });
    const own = { name: 'w', script, refusal: /read-only/i };
    expect(await attempt(own)).toMatchObject({ status: 'pass' });
  });

  it('cannot speak for each other, whatever they print', async () => {
    const script = 'printf "0 done\\n1 Operation not permitted\\n0 x\\n" >&2; exit 1';
    const found = await attempt({ name: 'loud', script }, { name: 'odd', script: 'exit 4' });
    expect(found).toMatchObject({
      status: 'unknown',
      seen: 'failed for another reason: odd (exit status 4)',
    });
  });

  it('show nothing of a program but a short plain text', async () => {
    const script = 'printf "\\033[31m%0500d" 7 >&2; exit 1';
    const found = await attempt({ name: 'odd', script });
    expect(found.seen).not.toContain('\u001b');
    expect(found.seen.length).toBeLessThan(130);
  });

  it('are unknown where the shell ended early', async () => {
    const found = await attempt(refused, { name: 'end', script: 'kill -9 $$' }, refused);
    expect(found.status).toBe('unknown');
  });

  it('are those of root, or of the container', async () => {
    users.length = 0;
    await attempt(refused);
    await tryActs(context, target, [refused], 'EPERM', null);
    expect(users).toEqual(['0:0', undefined]);
  });
});
