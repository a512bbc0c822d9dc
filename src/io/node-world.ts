import { randomBytes } from 'node:crypto';
import { isatty } from 'node:tty';
import { JackerError } from '../error.ts';
import { wantsColor } from './color.ts';
import type { ColorChoice } from './color.ts';
import { codeOf } from './file-error.ts';
import { nodeFileSystem } from './node-file-system.ts';
import type { Identity, Terminal, World } from './world.ts';

/** The signals that ask the program to stop, with the exit code of a program they stopped. */
const stopSignals = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks the program to stop. */
export type StopSignal = keyof typeof stopSignals;

export interface NodeWorldOptions {
  /** The value of `--color`. */
  color: ColorChoice;
}

/** The world of a real process. */
export interface NodeWorld extends World {
  /** The first signal that asked to stop, and the exit code it asks for; `null` where none came. */
  stoppedBy(): { signal: StopSignal; exitCode: number } | null;
  /** Stops listening to signals. */
  close(): void;
}

function currentIdentity(): Identity {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  if (uid === undefined || gid === undefined) {
    throw new JackerError('failed', {
      what: 'Jacker does not run on this operating system',
      why: 'it has no user and group ids',
      hint: 'Run it on Linux, or on Windows inside WSL 2.',
    });
  }
  return { uid, gid, groups: process.getgroups?.() ?? [gid] };
}

/** A reader that went away (`jacker status | head`) must not stop a half-done change. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error) => {
    if (codeOf(error) !== 'EPIPE') throw error;
  });
}

function nodeTerminal(color: ColorChoice): Terminal {
  const { stdout, stderr } = process;
  ignoreClosedPipe(stdout);
  ignoreClosedPipe(stderr);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTerminal: isatty(1),
    errIsTerminal: isatty(2),
    inIsTerminal: isatty(0),
    get columns() {
      return stdout.columns || 80;
    },
    errSize: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
    color: wantsColor(color, process.env, isatty(1)),
  };
}

/**
 * The world as the running process meets it. The first SIGINT or SIGTERM aborts `signal` with a
 * `JackerError` of the code `interrupted`; the second one ends the process at once, with 130 or
 * 143. What that leaves undone is in the journal.
 */
export function nodeWorld(options: NodeWorldOptions): NodeWorld {
  const controller = new AbortController();
  let first: StopSignal | null = null;
  const stop = (name: NodeJS.Signals): void => {
    const signal: StopSignal = name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    if (first !== null) process.exit(stopSignals[signal]);
    first = signal;
    controller.abort(new JackerError('interrupted', { what: `Stopped by ${signal}` }));
  };
  const names = Object.keys(stopSignals) as StopSignal[];
  for (const name of names) process.on(name, stop);
  return {
    files: nodeFileSystem(),
    clock: { now: () => new Date() },
    random: { bytes: (count) => randomBytes(count) },
    identity: currentIdentity(),
    terminal: nodeTerminal(options.color),
    env: { ...process.env },
    signal: controller.signal,
    stoppedBy: () => (first === null ? null : { signal: first, exitCode: stopSignals[first] }),
    close: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}
