import { setTimeout as delay } from 'node:timers/promises';
import type { Control, Observation, ProbeContext, Reading } from '../controls/control.ts';
import { firstLine } from '../controls/reading/probe-containers.ts';
import type { PreparedProbes } from './probe-context.ts';

/** How many at once, and how long each may take. */
export interface RunOptions {
  concurrency: number;
  timeoutMs: number;
  /** Told when a control begins. */
  onStart?: (control: Control) => void;
}

/**
 * Runs one part of every control that has it. A part that fails or takes too long gives one
 * unknown observation; only an abort of the whole run rejects.
 */
export async function runControls(
  prepared: PreparedProbes,
  controls: readonly Control[],
  part: 'probe' | 'attack',
  options: RunOptions,
): Promise<Observation[]> {
  const { context, redact } = prepared;
  const queue = controls.flatMap((control) => {
    const run = control[part];
    return run ? [{ control, run }] : [];
  });
  const results: Observation[][] = queue.map(() => []);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < queue.length; index = next++) {
      const item = queue[index];
      if (!item) return;
      context.signal.throwIfAborted();
      options.onStart?.(item.control);
      const readings = await bounded(context, item.control, part, item.run, options.timeoutMs);
      const at = context.clock.now().toISOString();
      results[index] = readings.map((reading) => ({
        control: item.control.id,
        ...reading,
        read: redact.clean(reading.read),
        expected: redact.clean(reading.expected),
        seen: redact.clean(reading.seen),
        at,
      }));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency) }, worker));
  return results.flat();
}

async function bounded(
  context: ProbeContext,
  control: Control,
  part: string,
  run: (context: ProbeContext) => Promise<Reading[]>,
  timeoutMs: number,
): Promise<Reading[]> {
  const own = new AbortController();
  const signal = AbortSignal.any([context.signal, own.signal]);
  const unknown = (seen: string): Reading[] => [
    {
      subject: control.subject,
      status: 'unknown',
      read: part,
      from: context.stack.project,
      expected: 'a result',
      seen,
    },
  ];
  const late = delay(timeoutMs, undefined, { signal: own.signal, ref: false }).then(
    () => unknown(`no result within ${timeoutMs / 1000} seconds`),
    () => [],
  );
  try {
    return await Promise.race([run({ ...context, signal }), late]);
  } catch (error) {
    context.signal.throwIfAborted();
    return unknown(firstLine(error));
  } finally {
    own.abort();
  }
}
