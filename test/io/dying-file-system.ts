import type { FileSystem } from '../../src/io/file-system.ts';

/** Stands for the end of the process: nothing after it reaches the disk. */
export class Killed extends Error {}

/** Operations that change the disk. */
const changes = new Set([
  'write',
  'append',
  'makeDirectory',
  'rename',
  'remove',
  'removeTree',
  'setMode',
  'setOwner',
  'createExclusive',
]);

/**
 * A file system whose process is killed when `allowed` changes are done: the next operation, and
 * every later one (of a `catch` or `finally`, which a killed process would not run), is refused.
 */
export function dyingFileSystem(real: FileSystem, allowed: number): FileSystem {
  let left = allowed;
  let dead = false;
  return new Proxy(real, {
    get(target, name, receiver) {
      const operation: unknown = Reflect.get(target, name, receiver);
      if (typeof operation !== 'function') return operation;
      return async (...args: unknown[]): Promise<unknown> => {
        if (typeof name === 'string' && changes.has(name) && left-- <= 0) dead = true;
        if (dead) throw new Killed();
        return Reflect.apply(operation, target, args) as unknown;
      };
    },
  });
}

/** Runs an act until it is killed, or done; answers whether it was done. */
export async function untilKilled(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}
