import type { Randomness } from '../../io/world.ts';
import { parseMountTable, type MountEntry } from './mount-table.ts';
import { parseListeners, type Listener } from './listeners.ts';
import { parseProcessStatus, type ProcessStatus } from './process-status.ts';

/** A limit of a control group: a number, none at all, or not to be read here. */
export type Limit = number | 'unlimited' | 'unreadable';

/** What the kernel says inside a container, all read at once. */
export interface ContainerSnapshot {
  /** Every process, those of the reading itself included: they have the container's own limits. */
  processes: readonly ProcessStatus[];
  mounts: readonly MountEntry[];
  listeners: readonly Listener[];
  /** Confinement of process 1 as the kernel names it; null where it names none. */
  appArmor: string | null;
  pidsMax: Limit;
  /** Bytes. */
  memoryMax: Limit;
  /** CPUs' worth of time. */
  cpuMax: Limit;
  /** Which files the limits came from. */
  limitFiles: { pids: string; memory: string; cpu: string };
}

const limitPaths = {
  pids: ['/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'],
  memory: ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'],
  cpu: ['/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'],
  cpuPeriod: ['/sys/fs/cgroup/cpu/cpu.cfs_period_us'],
} as const;
const stillThere = 'processes afterwards';

/**
 * The line that begins a section: a mark of 128 random bits. A process chooses its own name, which
 * is in its status; it can neither know the mark beforehand nor begin a line with it, since the
 * kernel escapes a newline in a name.
 */
export function snapshotMark(random: Randomness): string {
  return `jacker-${Buffer.from(random.bytes(16)).toString('hex')}`;
}

/**
 * A POSIX shell command that prints what {@link parseSnapshot} reads. For each health check the
 * runtime's own program is in the container for a moment, as root, before it becomes the check: such
 * a process is waited for, five seconds at most, and is read as whatever it is then. At the end it
 * lists which processes are still there: one that could not be read must have ended by then.
 *
 * @param mark From {@link snapshotMark}, another one for each run.
 */
export function snapshotCommand(mark: string): readonly string[] {
  const script = [
    `begin() { printf '\\n%s %s\\n' ${mark} "$1"; }`,
    'show() { [ -r "$1" ] && { begin "$1"; cat "$1" 2>/dev/null; }; }',
    'for d in /proc/[0-9]*; do',
    '  n=0',
    '  while [ $n -lt 50 ] && read -r _ name 2>/dev/null <"$d/status"; do',
    '    case $name in runc:*|crun:*) n=$((n + 1)); sleep 0.1 ;; *) break ;; esac',
    '  done',
    '  begin "$d/status"; cat "$d/status" 2>/dev/null',
    'done',
    'for f in /proc/self/mountinfo /proc/net/tcp /proc/net/tcp6 /proc/1/attr/current ' +
      `${Object.values(limitPaths).flat().join(' ')}; do show "$f"; done`,
    `begin '${stillThere}'`,
    'for d in /proc/[0-9]*; do echo "$d/status"; done',
    'exit 0',
  ];
  return ['sh', '-c', script.join('\n')];
}

/**
 * Reads the output of {@link snapshotCommand}. Throws where part of it is missing, and where a
 * process could not be read although it is still there: nothing may be hidden by being unreadable.
 */
export function parseSnapshot(output: string, mark: string): ContainerSnapshot {
  const sections = sectionsOf(output, mark);
  const needed = (file: string): string => {
    const text = sections.get(file);
    if (text === undefined || text === '') throw new TypeError(`${file} could not be read`);
    return text;
  };
  const found = (paths: readonly string[]): { path: string; text: string } | null => {
    const path = paths.find((candidate) => sections.has(candidate));
    return path === undefined ? null : { path, text: sections.get(path) ?? '' };
  };
  const pids = found(limitPaths.pids);
  const memory = found(limitPaths.memory);
  const cpu = found(limitPaths.cpu);
  return {
    processes: readProcesses(sections, needed(stillThere).split('\n')),
    mounts: parseMountTable(needed('/proc/self/mountinfo')),
    listeners: [
      ...parseListeners(needed('/proc/net/tcp')),
      // Absent where the kernel has no IPv6.
      ...parseListeners(sections.get('/proc/net/tcp6') ?? ''),
    ],
    appArmor: sections.get('/proc/1/attr/current')?.replaceAll('\0', '') ?? null,
    pidsMax: parseLimit(pids?.text),
    memoryMax: parseLimit(memory?.text),
    cpuMax: parseCpu(cpu?.text, found(limitPaths.cpuPeriod)?.text),
    limitFiles: {
      pids: pids?.path ?? limitPaths.pids[0],
      memory: memory?.path ?? limitPaths.memory[0],
      cpu: cpu?.path ?? limitPaths.cpu[0],
    },
  };
}

/** The text of each section by its title, without blank lines at its end. */
function sectionsOf(output: string, mark: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of `\n${output}`.split(`\n${mark} `).slice(1)) {
    const end = part.indexOf('\n');
    const title = end < 0 ? part : part.slice(0, end);
    if (found.has(title)) throw new TypeError(`${title} was printed twice`);
    found.set(title, end < 0 ? '' : part.slice(end + 1).trimEnd());
  }
  return found;
}

/** Every process that was listed, but for those that had ended before they could be read. */
function readProcesses(
  sections: ReadonlyMap<string, string>,
  left: readonly string[],
): ProcessStatus[] {
  const processes: ProcessStatus[] = [];
  for (const [file, text] of sections) {
    const pid = /^\/proc\/(\d+)\/status$/.exec(file)?.[1];
    if (pid === undefined) continue;
    const process = parseProcessStatus(text);
    if (process?.pid === Number(pid)) processes.push(process);
    else if (left.includes(file)) throw new TypeError(`process ${pid} could not be read`);
  }
  if (processes.length === 0) throw new TypeError('no process could be read');
  return processes;
}

/** Version 1 has no word for unlimited memory: it says the largest multiple of a page. */
const practicallyUnlimited = 2 ** 60;

function parseLimit(text: string | undefined): Limit {
  if (text === undefined || text === '') return 'unreadable';
  if (text === 'max' || text === '-1') return 'unlimited';
  const value = Number(text);
  if (!Number.isFinite(value)) return 'unreadable';
  return value >= practicallyUnlimited ? 'unlimited' : value;
}

/** Version 2: `quota period` in one file; version 1: a file each. */
function parseCpu(text: string | undefined, periodText: string | undefined): Limit {
  const [quota, ownPeriod] = (text ?? '').split(' ');
  const limit = parseLimit(quota);
  const period = Number(ownPeriod ?? periodText);
  if (typeof limit !== 'number') return limit;
  return period > 0 ? limit / period : 'unreadable';
}
