import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Below this there is nothing to gain, in bytes. */
const enough = 192 * 1024 * 1024;

/**
 * Makes a function to call between two pieces of work that each leave a lot behind. V8 lets the
 * heap grow to gigabytes before it looks for what is no longer needed, because it cannot know that
 * a container or a hook of somebody's editor has half of one.
 */
export function memoryRelief(): () => void {
  let collect: (() => void) | null = null;
  let kept = 0;
  return () => {
    if (getHeapStatistics().used_heap_size < Math.max(enough, kept * 1.4)) return;
    setFlagsFromString('--expose-gc');
    collect ??= runInNewContext('gc') as () => void;
    collect();
    kept = getHeapStatistics().used_heap_size;
  };
}

/**
 * Keeps what is young small, so that garbage is collected soon. For work that makes much of it: left
 * alone, V8 would rather take more memory than clean up. Other work is faster without it.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
