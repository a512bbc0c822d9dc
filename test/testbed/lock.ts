import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './steps.ts';

/**
 * Runs `work` while no other process of this machine works on the same folder.
 *
 * The lock is a socket name that the kernel gives to one process at a time and takes back when
 * that process ends, however it ends: unlike a file it cannot be left behind.
 */
export async function withLock<T>(folder: string, log: Log, work: () => Promise<T>): Promise<T> {
  const name = `\0jacker-testbed-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  let server = await tryListen(name);
  if (server === null) log('another process prepares the testbed: waiting for it');
  while (server === null) {
    await sleep(200);
    server = await tryListen(name);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

async function tryListen(name: string): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}
