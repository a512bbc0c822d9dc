import { readdir, readFile, readlink, statfs } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

/** Room on the file system that holds a path. */
export interface DiskSpace {
  /** Bytes that this user may still write. */
  free: number;
  total: number;
  /** Null on file systems that make inodes as they need them. */
  freeInodes: number | null;
  totalInodes: number | null;
}

/** A process of this host. */
export interface ProcessFacts {
  pid: number;
  /** The kernel's short name, at most 15 characters. */
  command: string;
}

/** Facts about this host that are not files' contents. */
export interface Host {
  /** Null where the path does not exist. */
  diskSpace(path: string): Promise<DiskSpace | null>;
  /** The process that holds a socket; null where it may not be seen. */
  socketOwner(inode: number): Promise<ProcessFacts | null>;
  /** A and AAAA records; empty where the name has none. Throws where no server answers. */
  resolve(name: string): Promise<string[]>;
  /** This host's own addresses, loopback included. */
  addresses(): string[];
}

/** The host that runs this process. */
export function createHost(): Host {
  return {
    diskSpace: async (path) => {
      try {
        const { bavail, bsize, blocks, ffree, files } = await statfs(path);
        const counted = files > 0;
        return {
          free: bavail * bsize,
          total: blocks * bsize,
          freeInodes: counted ? ffree : null,
          totalInodes: counted ? files : null,
        };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    socketOwner,
    resolve: async (name) => {
      const resolver = new Resolver({ timeout: 2000, tries: 2 });
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const found = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? answer.value : [],
      );
      const failure = answers.find(
        (answer) => answer.status === 'rejected' && !isNoRecord(answer.reason),
      );
      if (found.length === 0 && failure?.status === 'rejected') throw failure.reason;
      return found;
    },
    addresses: () =>
      Object.values(networkInterfaces()).flatMap((entries) =>
        (entries ?? []).map((entry) => entry.address),
      ),
  };
}

async function socketOwner(inode: number): Promise<ProcessFacts | null> {
  const wanted = `socket:[${inode}]`;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of await unlessDenied(readdir(`/proc/${pid}/fd`), [])) {
      const target = await unlessDenied(readlink(`/proc/${pid}/fd/${descriptor}`), '');
      if (target !== wanted) continue;
      const command = await unlessDenied(readFile(`/proc/${pid}/comm`, 'utf8'), '');
      return { pid: Number(pid), command: command.trim() };
    }
  }
  return null;
}

/** Processes end while they are looked at, and those of other users are closed to us. */
async function unlessDenied<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error) || hasCode(error, ['EACCES', 'EPERM', 'ESRCH'])) return otherwise;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, ['ENOENT', 'ENOTDIR']);
}

function isNoRecord(error: unknown): boolean {
  return hasCode(error, ['ENODATA', 'ENOTFOUND']);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
