import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** Reads when a process started, in clock ticks since boot; null when there is no such process. */
export async function readStartTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name in parentheses may contain spaces: count fields from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended already; only its parent has not noticed.
  if (fields[0] === 'Z') return null;
  return fields[19] ?? null;
}

/** Whether exactly this process (not another with its number) still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await readStartTime(identity.pid)) === identity.startTime;
}

/** Reads an identity file; null when it is missing, damaged or about a process that has ended. */
export async function readIdentity(file: string): Promise<ProcessIdentity | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const identity = JSON.parse(text) as ProcessIdentity;
    return (await isRunning(identity)) ? identity : null;
  } catch {
    return null;
  }
}

/** Starts a program in a session of its own, so that it outlives this process, and records it. */
export async function startDaemon(
  argv: readonly string[],
  files: { identity: string; log: string },
  env: Record<string, string | undefined> = {},
): Promise<ProcessIdentity> {
  const [program = '', ...args] = argv;
  await mkdir(dirname(files.log), { recursive: true });
  const log = await open(files.log, 'a');
  try {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', log.fd, log.fd],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    const identity = { pid, startTime: (await readStartTime(pid)) ?? '' };
    await writeFile(files.identity, JSON.stringify(identity));
    return identity;
  } finally {
    await log.close();
  }
}

/** Ends a recorded process: politely first, by force after `graceMs`. */
export async function stopDaemon(identityFile: string, graceMs = 60_000): Promise<void> {
  const identity = await readIdentity(identityFile);
  if (identity !== null) {
    process.kill(identity.pid, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    while (await isRunning(identity)) {
      if (Date.now() > deadline) process.kill(identity.pid, 'SIGKILL');
      await sleep(50);
    }
  }
  await rm(identityFile, { force: true });
}

/** The last lines of a log, for the message about a program that did not come up. */
export async function readLogTail(file: string, lines = 15): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-lines).join('\n  ');
}
