/** One figure: a ratio (or an amount) against its bound, where it has one. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The most it may be; or the least, where `least` is set. */
  bound?: number;
  least?: true;
  detail: string;
}

/** The middle one of an odd number of values, the upper of the two middle ones else. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Runs two commands in turn, so that both see the same machine; answers their median times in ms.
 * The first round fills caches and does not count.
 */
export async function pair(
  rounds: number,
  a: () => Promise<unknown>,
  b: () => Promise<unknown>,
): Promise<{ first: number; second: number }> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds + 1; round++) {
    for (const [index, work] of [a, b].entries()) {
      const start = performance.now();
      await work();
      if (round > 0) times[index]?.push(performance.now() - start);
    }
  }
  return { first: median(times[0]), second: median(times[1]) };
}

/** The figure of two times that {@link pair} measured. */
export function ratioOf(
  name: string,
  times: { first: number; second: number },
  bound?: number,
): Figure {
  return {
    name,
    value: times.first / times.second,
    unit: 'x',
    ...(bound === undefined ? {} : { bound }),
    detail: `${times.first.toFixed(0)} ms against ${times.second.toFixed(0)} ms`,
  };
}

/** Prints figures, one a line; answers how many miss their bounds. */
export function printFigures(figures: readonly Figure[]): number {
  let missed = 0;
  for (const { name, value, unit, bound, least, detail } of figures) {
    const within = bound === undefined || (least ? value >= bound : value <= bound);
    if (!within) missed++;
    const limit =
      bound === undefined ? '' : ` (${least ? 'at least' : 'at most'} ${String(bound)}${unit})`;
    console.log(
      `${within ? 'ok  ' : 'MISS'} ${name}: ${value.toFixed(2)}${unit}${limit}, ${detail}`,
    );
  }
  return missed;
}
