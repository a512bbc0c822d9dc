import type { FileSystem } from '../io/file-system.ts';

/** What tells one process of one machine from every other, before and after a restart. */
export interface ProcessMark {
  pid: number;
  /** Clock ticks between the start of the machine and that of the process. */
  started: string;
  /** Random, new at every start of the machine. */
  boot: string;
  /** Start of process 1 as this process sees it: another container has another process 1. */
  init: string;
}

/**
 * Reads state and start time from `/proc/<pid>/stat`: the 3rd and 22nd field of proc_pid_stat(5).
 * The 2nd is the program's name in parentheses and may itself hold spaces and parentheses.
 */
function parseStat(text: string): { pid: number; state: string; started: string } | null {
  const pid = Number.parseInt(text, 10);
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = fields[18];
  if (!Number.isInteger(pid) || state === undefined || started === undefined) return null;
  return { pid, state, started };
}

async function statOf(files: FileSystem, name: string): Promise<ReturnType<typeof parseStat>> {
  const text = await files.readText(`/proc/${name}/stat`);
  return text === null ? null : parseStat(text);
}

/**
 * The mark of the process that asks; `null` where the machine does not tell, because `/proc` is
 * absent or hides foreign processes (`hidepid`).
 */
export async function markOfThisProcess(files: FileSystem): Promise<ProcessMark | null> {
  const self = await statOf(files, 'self');
  const init = await statOf(files, '1');
  const boot = await files.readText('/proc/sys/kernel/random/boot_id');
  if (self === null || init === null || boot === null) return null;
  return { pid: self.pid, started: self.started, boot: boot.trim(), init: init.started };
}

/**
 * Whether the marked process still runs, as `own`, the mark of the asking process, can tell:
 * `unknown` where it belongs to another container of this machine.
 */
export async function runState(
  files: FileSystem,
  mark: ProcessMark,
  own: ProcessMark,
): Promise<'runs' | 'ended' | 'unknown'> {
  if (mark.boot !== own.boot) return 'ended';
  if (mark.init !== own.init) return 'unknown';
  const found = await statOf(files, String(mark.pid));
  if (found?.started !== mark.started) return 'ended';
  // A zombie (Z) or dead process (X) has ended; only its parent has not noticed yet.
  return found.state === 'Z' || found.state === 'X' ? 'ended' : 'runs';
}
