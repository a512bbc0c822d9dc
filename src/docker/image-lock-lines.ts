import { JackerError } from '../error.ts';
import type { ImageLock } from './image-lock.ts';
import { parseImageReference } from './image-reference.ts';

const line = /^(?:([a-z0-9][^\s"'#]*)|"([^\s"\\]+)"): (sha256:[0-9a-f]{64})$/;

/**
 * The lock of a text that was not edited since it was written; null where a person has changed it.
 * Apart from what reads it as YAML, which takes longer to load than a plan takes to make.
 */
export function readWrittenLock(text: string): ImageLock | null {
  const lock: Record<string, string> = {};
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const match = line.exec(row);
    const reference = match?.[1] ?? match?.[2];
    const digest = match?.[3];
    if (reference === undefined || digest === undefined || reference in lock) return null;
    if (referenceFlaw(reference) !== null) return null;
    lock[reference] = digest;
  }
  return lock;
}

/** Why a text is no image reference; null where it is one. */
export function referenceFlaw(text: string): string | null {
  try {
    parseImageReference(text);
    return null;
  } catch (error) {
    if (error instanceof JackerError) return error.problems[0]?.why ?? error.message;
    throw error;
  }
}
