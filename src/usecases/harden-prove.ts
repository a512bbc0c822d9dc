import type { RemedyChange } from '../remedy/remedy-change.ts';
import type { AppContext } from './app-context.ts';
import type { HardenInput } from './harden.ts';

/** What trials on the engine showed. */
export interface Trial {
  /** The scratch project's name. */
  project: string;
  services: { service: string; provable: boolean; why: string }[];
  experiments: Experiment[];
  changes: RemedyChange[];
}

/** One thing that was tried. */
export interface Experiment {
  service: string;
  /** What was tried, for example `without CHOWN`. */
  tried: string;
  result: 'holds' | 'breaks';
  /** A log line or what the engine says, where it broke. */
  evidence: string;
  seconds: number;
}

export async function proveStack(
  _context: AppContext,
  _input: HardenInput,
  _options: { pull: boolean },
): Promise<Trial> {
  throw new Error('not yet');
}
