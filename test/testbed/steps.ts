/** Receives progress, one line at a time. */
export type Log = (line: string) => void;

/** Runs one named step and reports how long it took, also when it fails. */
export async function step<T>(log: Log, title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  log(`${title} ...`);
  try {
    const result = await work();
    log(`${title}: done in ${seconds(start)}`);
    return result;
  } catch (error) {
    log(`${title}: FAILED after ${seconds(start)}`);
    throw error;
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
