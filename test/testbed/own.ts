import { mkdir } from 'node:fs/promises';
import { linkNewCompose, linkPackagedCompose } from './compose.ts';
import { readGroupId, restartEngine, socketGroupName, startEngine, stopEngine } from './engine.ts';
import { withLock } from './lock.ts';
import { installHostPrograms, unpackEngine } from './packages.ts';
import type { Paths } from './paths.ts';
import { inRegistry, publishImages } from './publish.ts';
import { nodeImage, standIns, testImages } from './recipes.ts';
import { chooseRegistryPort, startRegistry, stopRegistry } from './registry.ts';
import { readState, writeState } from './state.ts';
import type { Log } from './steps.ts';
import type { Testbed } from './testbed.ts';

/** Brings up the private engine, its registry and every image; what is there already is kept. */
export async function upOwn(paths: Paths, log: Log): Promise<Testbed> {
  await mkdir(paths.cache, { recursive: true });
  await installHostPrograms(log);
  await unpackEngine(paths, log);
  const state = await readState(paths.state);
  const port = await chooseRegistryPort(state.registryPort);
  if (port !== state.registryPort) await writeState(paths.state, { registryPort: port });
  await startRegistry(paths, port, log);
  await startEngine(paths, port, log);

  const packaged = await linkPackagedCompose(paths);
  const env = {
    PATH: `${paths.bin}:${process.env['PATH'] ?? ''}`,
    DOCKER_HOST: `unix://${paths.socket}`,
    DOCKER_CONFIG: packaged.dockerConfig,
  };
  const registry = `127.0.0.1:${port}`;
  // The longest part of a first run is compiling, and the linker leaves one processor idle.
  const [images, newer] = await Promise.allSettled([
    publishImages(paths, env, registry, [...standIns, ...Object.values(testImages)], log),
    linkNewCompose(paths, log),
  ]);
  if (images.status === 'rejected') throw images.reason;
  if (newer.status === 'rejected') throw newer.reason;

  return {
    kind: 'own',
    dockerHost: env.DOCKER_HOST,
    env,
    imageMirror: registry,
    composeBinaries: [packaged, newer.value],
    images: {
      sampleApp: inRegistry(registry, testImages.sampleApp),
      pebble: inRegistry(registry, testImages.pebble),
      oidc: inRegistry(registry, testImages.oidc),
      toolbox: inRegistry(registry, testImages.toolbox),
      node: inRegistry(registry, nodeImage),
    },
    socketPath: paths.socket,
    socketGroup: { name: socketGroupName, gid: await readGroupId(socketGroupName) },
    registry: { host: registry },
    restartEngine: () => withLock(paths.cache, log, () => restartEngine(paths, port, log)),
    stop: () => withLock(paths.cache, log, () => downOwn(paths)),
  };
}

/** Stops the engine and the registry; images and volumes stay. */
export async function downOwn(paths: Paths): Promise<void> {
  await stopEngine(paths);
  await stopRegistry(paths);
}
