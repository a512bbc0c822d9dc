import { existsSync } from 'node:fs';
import { findExisting, useExisting } from './existing.ts';
import { withLock } from './lock.ts';
import { upOwn } from './own.ts';
import { resolvePaths } from './paths.ts';
import type { Log } from './steps.ts';
import type { Testbed } from './testbed.ts';

export type { ComposeBinary } from './compose.ts';
export type { Testbed } from './testbed.ts';

/**
 * Gives the tests an engine: one that is reachable and can pull images, else a private one with
 * stand-in images. JACKER_TESTBED=own or =existing forces one kind.
 *
 * Idempotent and safe to call from several processes: a running testbed is found, not rebuilt.
 */
export async function ensureTestbed(log: Log = logToStderr): Promise<Testbed> {
  const paths = resolvePaths();
  const wanted = process.env['JACKER_TESTBED'] ?? 'auto';
  if (!['auto', 'own', 'existing'].includes(wanted)) {
    throw new Error(`testbed: JACKER_TESTBED is "${wanted}"; it may be auto, own or existing`);
  }
  return withLock(paths.cache, log, async () => {
    const found = wanted === 'own' ? null : await findExisting(paths, log);
    if (found !== null) return useExisting(paths, found, log);
    if (wanted === 'existing') {
      throw new Error('testbed: no engine that can pull images. Start Docker, or set DOCKER_HOST.');
    }
    requirePrivateEngine();
    return upOwn(paths, log);
  });
}

/** Prints one line of progress where it does not mix with results. */
export function logToStderr(line: string): void {
  process.stderr.write(`testbed: ${line}\n`);
}

function requirePrivateEngine(): void {
  const reason =
    process.getuid?.() !== 0
      ? 'only root can start a private one'
      : process.arch !== 'x64' || !existsSync('/etc/debian_version')
        ? 'a private one is made on Debian (amd64) only'
        : null;
  if (reason === null) return;
  throw new Error(
    `testbed: no engine that can pull images is reachable, and ${reason}. ` +
      'Start Docker, or set DOCKER_HOST to the socket of an engine.',
  );
}
