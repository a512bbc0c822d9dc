/** One process as `/proc/<pid>/status` describes it (proc_pid_status(5)). */
export interface ProcessStatus {
  name: string;
  pid: number;
  /** Real, effective, saved and file system user id. */
  uids: readonly number[];
  gids: readonly number[];
  /** Hexadecimal masks. */
  capEff: string;
  capPrm: string;
  capBnd: string;
  capAmb: string;
  noNewPrivs: boolean;
  /** 0: none, 1: strict, 2: a filter. */
  seccomp: number;
}

/** Reads a status file; null where the process had ended before all of it was read. */
export function parseProcessStatus(text: string): ProcessStatus | null {
  const fields = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const required = ['Pid', 'Uid', 'Gid', 'CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp'];
  if (!required.every((field) => fields.has(field))) return null;
  const of = (field: string): string => fields.get(field) ?? '';
  const numbers = (field: string): number[] => of(field).split(/\s+/).map(Number);
  return {
    name: of('Name'),
    pid: Number(of('Pid')),
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    capEff: of('CapEff'),
    capPrm: of('CapPrm'),
    capBnd: of('CapBnd'),
    // Absent before Linux 4.3, where there is no ambient set.
    capAmb: fields.get('CapAmb') ?? '0',
    noNewPrivs: of('NoNewPrivs') === '1',
    seccomp: Number(of('Seccomp')),
  };
}
