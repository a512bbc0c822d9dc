import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A running child program of a test. */
export interface Child {
  process: ChildProcessWithoutNullStreams;
  /** The next line of its output; `null` after the last. */
  line(): Promise<string | null>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Runs a TypeScript program; it is killed at the latest when the running test ends. */
export function startChild(
  program: string,
  args: readonly string[],
  options: { uid?: number; gid?: number } = {},
): Child {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'pipe', ...options });
  child.stderr.pipe(process.stderr, { end: false });
  const ended = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    ended,
    line: async () => {
      const next = await lines.next();
      return next.done ? null : next.value;
    },
  };
}
