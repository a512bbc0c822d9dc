import { ensureTestbed } from './index.ts';

/**
 * Brings the testbed up before the first engine test: on a cold machine that takes minutes, which
 * no test's own time limit should have to allow for.
 */
export async function setup(): Promise<void> {
  await ensureTestbed();
}
