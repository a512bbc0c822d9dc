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

const mask = /^[0-9a-f]{16}$/;
const fourIds = /^\d+(\s+\d+){3}$/;
/** What each field must look like. A value that is none would compare as harmless. */
const required: Readonly<Record<string, RegExp>> = {
  Pid: /^\d+$/,
  Uid: fourIds,
  Gid: fourIds,
  CapEff: mask,
  CapPrm: mask,
  CapBnd: mask,
  NoNewPrivs: /^[01]$/,
  Seccomp: /^[0-2]$/,
};

/** Reads a status file; null where it is not whole: the process ended before all of it was read. */
export function parseProcessStatus(text: string): ProcessStatus | null {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const of = (field: string): string => fields.get(field) ?? '';
  if (Object.entries(required).some(([field, form]) => !form.test(of(field)))) return null;
  // Absent before Linux 4.3, where there is no ambient set.
  const capAmb = fields.get('CapAmb') ?? '0'.repeat(16);
  if (!mask.test(capAmb)) return null;
  const numbers = (field: string): number[] => of(field).split(/\s+/).map(Number);
  return {
    name: of('Name'),
    pid: Number(of('Pid')),
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    capEff: of('CapEff'),
    capPrm: of('CapPrm'),
    capBnd: of('CapBnd'),
    capAmb,
    noNewPrivs: of('NoNewPrivs') === '1',
    seccomp: Number(of('Seccomp')),
  };
}
