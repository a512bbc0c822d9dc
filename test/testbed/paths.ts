import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything that the testbed makes is kept: outside the checkout, so `git clean` spares it. */
export interface Paths {
  cache: string;
  lock: string;
  state: string;
  tools: string;
  bin: string;
  go: string;
  scratch: string;
  apt: string;
  engine: string;
  socket: string;
  registry: string;
  dockerConfigs: string;
}

/** Raise it when other packages are unpacked: they are then fetched again. */
const toolsRevision = 'tools-1';

/** The folder with this module's recipes. */
export const recipes: string = join(import.meta.dirname, 'images');

/** Resolves every folder below the cache; nothing is created here. */
export function resolvePaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const cache = env['JACKER_TESTBED_CACHE'] ?? join(findCacheHome(env), 'jacker-testbed');
  return {
    cache,
    lock: join(cache, 'lock'),
    state: join(cache, 'state.json'),
    tools: join(cache, toolsRevision),
    bin: join(cache, 'bin'),
    go: join(cache, 'go'),
    scratch: join(cache, 'scratch'),
    apt: join(cache, 'apt'),
    engine: join(cache, 'engine'),
    socket: join(cache, 'engine', 'docker.sock'),
    registry: join(cache, 'registry'),
    dockerConfigs: join(cache, 'docker-config'),
  };
}

function findCacheHome(env: NodeJS.ProcessEnv): string {
  const configured = env['XDG_CACHE_HOME'];
  if (configured !== undefined && configured !== '') return configured;
  // Tests also act as an ordinary user, who could not get to a socket below root's own folder.
  return process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
}
