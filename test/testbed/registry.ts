import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, readIdentity, readLogTail, startDaemon, stopDaemon } from './daemon.ts';
import type { Paths } from './paths.ts';
import { step, type Log } from './steps.ts';

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

/** Chooses the registry's port: the one used before, else 5000, else any free one. */
export async function chooseRegistryPort(previous: number): Promise<number> {
  if (previous !== 0) return previous;
  return (await isFree(5000)) ? 5000 : await findFreePort();
}

/** Starts the registry on loopback unless it runs already. */
export async function startRegistry(paths: Paths, port: number, log: Log): Promise<void> {
  const identityFile = join(paths.registry, 'registry.json');
  if ((await readIdentity(identityFile)) !== null && (await answers(port))) return;
  await step(log, `start the registry on port ${port}`, async () => {
    await stopDaemon(identityFile);
    await mkdir(paths.registry, { recursive: true });
    if (!(await isFree(port))) {
      throw new Error(
        `testbed: port ${port} is taken by another program. ` +
          `Stop it, or delete ${paths.state} to have another port chosen.`,
      );
    }
    const config = join(paths.registry, 'config.yml');
    await writeFile(config, configText(join(paths.registry, 'storage'), port));
    const log = join(paths.registry, 'registry.log');
    const registry = await startDaemon(
      [join(paths.tools, 'usr/bin/docker-registry'), 'serve', config],
      { identity: identityFile, log },
    );
    const deadline = Date.now() + 20_000;
    while (!(await answers(port))) {
      if (!(await isRunning(registry)) || Date.now() > deadline) {
        throw new Error(
          `testbed: the registry did not come up. Its log is ${log}:\n  ${await readLogTail(log)}`,
        );
      }
      await sleep(50);
    }
  });
}

/** Stops the registry; what was pushed stays. */
export async function stopRegistry(paths: Paths): Promise<void> {
  await stopDaemon(join(paths.registry, 'registry.json'), 5000);
}

/** The digest a tag points to; null when the registry does not know it. */
export async function readDigest(host: string, name: string, tag: string): Promise<string | null> {
  const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: manifestTypes.join(', ') },
  });
  return response.ok ? response.headers.get('docker-content-digest') : null;
}

/** Points one tag of an image to what another of its tags points to. */
export async function copyTag(host: string, name: string, from: string, to: string): Promise<void> {
  const source = await fetch(`http://${host}/v2/${name}/manifests/${from}`, {
    headers: { accept: manifestTypes.join(', ') },
  });
  const type = source.headers.get('content-type') ?? '';
  const body = await source.text();
  const response = await fetch(`http://${host}/v2/${name}/manifests/${to}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body,
  });
  if (!source.ok || !response.ok) {
    throw new Error(
      `testbed: the registry refused ${name}:${to} (${source.status}, ${response.status})`,
    );
  }
}

function configText(storage: string, port: number): string {
  return [
    'version: 0.1',
    'log: { level: warn, accesslog: { disabled: true } }',
    // Tests of a vanished image need to delete one.
    `storage: { filesystem: { rootdirectory: ${JSON.stringify(storage)} }, delete: { enabled: true } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
    '',
  ].join('\n');
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/v2/`, { signal: AbortSignal.timeout(1000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
