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

/** Marks a section; no file that is read can hold such a line. */
const mark = '@@jacker';

const limitPaths = {
  pids: ['/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'],
  memory: ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'],
  cpu: ['/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'],
  cpuPeriod: ['/sys/fs/cgroup/cpu/cpu.cfs_period_us'],
} as const;

/**
 * A POSIX shell command that prints what {@link parseSnapshot} reads. For each health check the
 * runtime's own program is in the container for a moment, as root, before it becomes the check: such
 * a process is waited for, five seconds at most, and is read as whatever it is then.
 */
export const snapshotCommand: readonly string[] = [
  'sh',
  '-c',
  [
    `show() { [ -r "$1" ] && { echo "${mark} $1"; cat "$1" 2>/dev/null; echo; }; }`,
    'for d in /proc/[0-9]*; do',
    '  n=0',
    '  while [ $n -lt 50 ] && read -r _ name 2>/dev/null <"$d/status"; do',
    '    case $name in runc:*|crun:*) n=$((n + 1)); sleep 0.1 ;; *) break ;; esac',
    '  done',
    '  show "$d/status"',
    'done',
    'for f in /proc/self/mountinfo /proc/net/tcp /proc/net/tcp6 /proc/1/attr/current ' +
      `${Object.values(limitPaths).flat().join(' ')}; do show "$f"; done`,
    'exit 0',
  ].join('\n'),
];

/** Reads the output of {@link snapshotCommand}. Throws where it has no process in it. */
export function parseSnapshot(output: string): ContainerSnapshot {
  const sections = new Map<string, string>();
  for (const part of output.split(`${mark} `).slice(1)) {
    const line = part.indexOf('\n');
    if (line > 0) sections.set(part.slice(0, line), part.slice(line + 1).trimEnd());
  }
  const processes = [...sections]
    .filter(([file]) => /^\/proc\/\d+\/status$/.test(file))
    .flatMap(([, text]) => parseProcessStatus(text) ?? []);
  if (processes.length === 0) throw new TypeError('no process could be read');
  const found = (paths: readonly string[]): { path: string; text: string } | null => {
    const path = paths.find((candidate) => sections.has(candidate));
    return path === undefined ? null : { path, text: sections.get(path) ?? '' };
  };
  const pids = found(limitPaths.pids);
  const memory = found(limitPaths.memory);
  const cpu = found(limitPaths.cpu);
  return {
    processes,
    mounts: parseMountTable(sections.get('/proc/self/mountinfo') ?? ''),
    listeners: [
      ...parseListeners(sections.get('/proc/net/tcp') ?? ''),
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
