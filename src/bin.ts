import './io/no-code-generation.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from './cli/run.ts';
import { nodeWorld } from './io/node-world.ts';
import { packageRoot } from './io/package-files.ts';

const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
  version: string;
};
const world = nodeWorld({ color: 'auto' });
void main();

async function main(): Promise<void> {
  const exitCode = await runCommandLine(
    { world, workingDirectory: process.cwd(), version },
    process.argv.slice(2),
  );
  world.close();
  const stopped = world.stoppedBy();
  // Open connections to the engine would keep the process alive; what was printed is flushed first.
  const code = exitCode === 130 && stopped !== null ? stopped.exitCode : exitCode;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
