import { once } from 'node:events';
import { nodeWorld } from '../../src/io/node-world.ts';

// Reports what reaches the world of a process, until it is stopped for good.
const world = nodeWorld({ color: 'auto' });
const report = (value: unknown): void => world.terminal.out(`${JSON.stringify(value)}\n`);
const [mode] = process.argv.slice(2);
if (mode === 'flood') {
  // The reader is gone after the first line; the work goes on.
  for (let line = 0; line < 20_000; line++) world.terminal.out(`line ${line}\n`);
  await new Promise((resolve) => setImmediate(resolve));
  world.terminal.err('finished\n');
  process.exit(0);
}
const alive = setInterval(() => undefined, 1000);
report({ stoppedBy: world.stoppedBy(), identity: world.identity });
await once(world.signal, 'abort');
report({ stoppedBy: world.stoppedBy(), code: (world.signal.reason as { code: string }).code });
if (mode === 'obey') {
  clearInterval(alive);
  world.close();
}
