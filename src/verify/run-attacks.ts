import type { Control, Observation } from '../controls/control.ts';
import type { PreparedProbes } from './probe-context.ts';
import { runControls, type RunOptions } from './run-controls.ts';

/**
 * Tries what must be refused. One after the other: a flood would make another attack's refusal
 * mean something else.
 */
export function runAttacks(
  prepared: PreparedProbes,
  controls: readonly Control[],
  options: Partial<RunOptions> = {},
): Promise<Observation[]> {
  return runControls(prepared, controls, 'attack', {
    concurrency: 1,
    timeoutMs: 180_000,
    ...options,
  });
}
