import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { acquireLock } from '../../src/state/lock.ts';
import type { Lock } from '../../src/state/lock.ts';

// Competes for a project's lock. `once`: holds it until told to go on. `often`: takes it again and
// again, now and then dying with it, and checks that nobody else is inside.
const [projectDir = '', mode = '', rounds = '0'] = process.argv.slice(2);
const context = {
  files: nodeFileSystem(),
  clock: { now: () => new Date() },
  random: { bytes: (count: number) => randomBytes(count) },
};
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function tryOnce(): Promise<Lock | JackerError> {
  try {
    return await acquireLock(context, projectDir, 'up');
  } catch (error) {
    if (error instanceof JackerError) return error;
    throw error;
  }
}

function runs(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whose process id is in the file of the one that is inside; '' where nobody is. */
function inside(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

say('ready');
await input.next();
if (mode === 'once') {
  const lock = await tryOnce();
  say(lock instanceof JackerError ? `${lock.code} ${lock.message}` : 'held');
  await input.next();
  if (!(lock instanceof JackerError)) await lock.release();
  process.exit(0);
}

const mark = join(projectDir, 'inside');
const own = String(process.pid);
let taken = 0;
while (taken < Number(rounds)) {
  const lock = await tryOnce();
  if (lock instanceof JackerError) {
    if (lock.code !== 'lock-held') throw lock;
    continue;
  }
  taken++;
  const other = inside(mark);
  if (other !== '' && runs(other)) say(`violated: ${own} and ${other} are inside`);
  writeFileSync(mark, own);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (inside(mark) !== own) say(`violated: another process came inside with ${own}`);
  }
  if (taken === Number(rounds)) {
    say('done');
    // Dies with the lock: the next one finds it left behind.
    process.kill(process.pid, 'SIGKILL');
  }
  rmSync(mark);
  await lock.release();
}
