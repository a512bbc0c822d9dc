import type { Control, Observation } from '../controls/control.ts';
import type { PreparedProbes } from './probe-context.ts';
import { runControls, type RunOptions } from './run-controls.ts';

/** Reads what is in force; changes nothing. */
export function runProbes(
  prepared: PreparedProbes,
  controls: readonly Control[],
  options: Partial<RunOptions> = {},
): Promise<Observation[]> {
  return runControls(prepared, controls, 'probe', {
    concurrency: 4,
    timeoutMs: 60_000,
    ...options,
  });
}
