import { readdir, readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What the processes of this machine were seen with. */
export interface Samples {
  /** Arguments of each process, in one text. */
  commands: ReadonlySet<string>;
  /** Environments, one text per process. */
  environments: ReadonlySet<string>;
}

/**
 * Reads the arguments and the environment of every process of the machine, those of containers
 * included, as often as it can until it is stopped.
 */
export function sampleProcesses(): { stop(): Promise<Samples> } {
  const commands = new Set<string>();
  const environments = new Set<string>();
  const stopping = new AbortController();
  const read = async (path: string, into: Set<string>): Promise<void> => {
    // A process that ended in this moment has nothing to read.
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') into.add(text.replaceAll('\0', ' '));
  };
  const run = (async () => {
    while (!stopping.signal.aborted) {
      const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      for (const id of ids) {
        if (Number(id) === process.pid) continue;
        await read(`/proc/${id}/cmdline`, commands);
        await read(`/proc/${id}/environ`, environments);
      }
      await nextTurn();
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await run;
      return { commands, environments };
    },
  };
}
