import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIdentity } from './daemon.ts';
import { pingEngine } from './engine-api.ts';
import { ensureTestbed, logToStderr } from './index.ts';
import { withLock } from './lock.ts';
import { downOwn } from './own.ts';
import { resolvePaths, type Paths } from './paths.ts';
import { readState } from './state.ts';
import type { Testbed } from './testbed.ts';

const usage = `usage: node test/testbed/cli.ts up|down|status|env|clean

  up      bring up an engine and every image; found running, it is only checked
  env     like up, and print the shell lines that select it
  status  say what runs
  down    stop the private engine and registry; images stay
  clean   down, and delete everything the testbed has made
`;

async function main(command: string): Promise<number> {
  const paths = resolvePaths();
  switch (command) {
    case 'up':
      printSummary(await ensureTestbed());
      return 0;
    case 'env':
      printExports(await ensureTestbed());
      return 0;
    case 'status':
      return printStatus(paths);
    case 'down':
      await withLock(paths.cache, logToStderr, () => downOwn(paths));
      return 0;
    case 'clean':
      await withLock(paths.cache, logToStderr, async () => {
        await downOwn(paths);
        await rm(paths.cache, { recursive: true, force: true });
      });
      return 0;
    default:
      process.stderr.write(usage);
      return 2;
  }
}

function printSummary(testbed: Testbed): void {
  console.log(`engine    ${testbed.dockerHost} (${testbed.kind})`);
  console.log(`group     ${testbed.socketGroup.name} (${testbed.socketGroup.gid})`);
  console.log(`registry  ${testbed.registry?.host ?? 'the official ones'}`);
  for (const { name, dockerConfig } of testbed.composeBinaries) {
    console.log(`compose   ${name}: DOCKER_CONFIG=${dockerConfig}`);
  }
}

function printExports(testbed: Testbed): void {
  for (const [name, value] of Object.entries(testbed.env)) {
    // PATH is extended, not replaced: the shell's own may differ by the time this is read.
    const text = name === 'PATH' ? `${value.split(':')[0] ?? ''}:$PATH` : value;
    console.log(`export ${name}="${text}"`);
  }
}

async function printStatus(paths: Paths): Promise<number> {
  const { registryPort } = await readState(paths.state);
  const registry = await readIdentity(join(paths.registry, 'registry.json'));
  const engine = await readIdentity(join(paths.engine, 'engine.json'));
  const answering = await pingEngine(paths.socket);
  console.log(`cache     ${paths.cache}`);
  console.log(`engine    ${engine === null ? 'stopped' : `pid ${engine.pid}, ${paths.socket}`}`);
  console.log(`answers   ${answering ? 'yes' : 'no'}`);
  console.log(
    `registry  ${registry === null ? 'stopped' : `pid ${registry.pid}, port ${registryPort}`}`,
  );
  return engine !== null && answering && registry !== null ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
