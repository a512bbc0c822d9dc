import { mkdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand, tryCommand } from './command.ts';
import { linkNewCompose, type ComposeBinary } from './compose.ts';
import { pingEngine } from './engine-api.ts';
import { buildImage, hashRecipe, standInLabel } from './images.ts';
import type { Paths } from './paths.ts';
import { nodeImage, standIns, testImages, type ImageRecipe } from './recipes.ts';
import { step, type Log } from './steps.ts';
import type { Testbed } from './testbed.ts';

/** An engine that answers and that gets images from the official registries. */
export interface ExistingEngine {
  socketPath: string;
}

/** Looks for a usable engine: where DOCKER_HOST points, else at the default socket. */
export async function findExisting(paths: Paths, log: Log): Promise<ExistingEngine | null> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  // The tests reach into containers through the socket file, so an engine elsewhere is no use.
  if (!host.startsWith('unix://')) return null;
  const socketPath = host.slice('unix://'.length);
  // A shell that has run `env` points to the private engine: that one is not "existing".
  if ((await resolveLinks(socketPath)) === (await resolveLinks(paths.socket))) return null;
  if (!(await pingEngine(socketPath))) return null;
  const env = { DOCKER_HOST: host };
  const probe = nodeImage.official ?? '';
  const held = await tryCommand(['docker', 'image', 'inspect', probe], { env });
  if (held.code === 0) return { socketPath };
  const pulled = await tryCommand(['docker', 'pull', '--quiet', probe], {
    env,
    timeoutMs: 300_000,
  });
  if (pulled.code === 0) return { socketPath };
  log(`the engine at ${host} cannot pull ${probe}: ${pulled.stderr.trim()}`);
  return null;
}

/** Readies an engine that is there: official images, and the tests' own ones built on it. */
export async function useExisting(
  paths: Paths,
  engine: ExistingEngine,
  log: Log,
): Promise<Testbed> {
  await mkdir(paths.cache, { recursive: true });
  const dockerHost = `unix://${engine.socketPath}`;
  const dockerConfig = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const env = {
    PATH: process.env['PATH'] ?? '',
    DOCKER_HOST: dockerHost,
    DOCKER_CONFIG: dockerConfig,
  };
  for (const { official = '' } of standIns) await pull(env, official, log);
  for (const recipe of Object.values(testImages)) await buildUnlessCurrent(paths, env, recipe, log);
  const composeBinaries: ComposeBinary[] = [{ name: 'compose-installed', dockerConfig }];
  composeBinaries.push(await linkNewCompose(paths, log));
  const { gid } = await stat(engine.socketPath);
  const group = await tryCommand(['getent', 'group', String(gid)]);
  return {
    kind: 'existing',
    dockerHost,
    env,
    imageMirror: null,
    composeBinaries,
    images: {
      sampleApp: localName(testImages.sampleApp),
      pebble: localName(testImages.pebble),
      oidc: localName(testImages.oidc),
      toolbox: localName(testImages.toolbox),
      node: nodeImage.official ?? '',
    },
    socketPath: engine.socketPath,
    socketGroup: { name: group.stdout.split(':')[0] ?? '', gid },
    registry: null,
    restartEngine: () => Promise.reject(new Error('testbed: this engine is not ours to restart')),
    stop: () => Promise.resolve(),
  };
}

async function resolveLinks(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function localName(recipe: ImageRecipe): string {
  return `${recipe.name}:${recipe.tag}`;
}

async function pull(env: Record<string, string>, image: string, log: Log): Promise<void> {
  const held = await tryCommand(['docker', 'image', 'inspect', image], { env });
  if (held.code === 0) return;
  await step(log, `pull ${image}`, async () => {
    await runCommand(['docker', 'pull', '--quiet', image], 'Check the connection to it.', { env });
  });
}

async function buildUnlessCurrent(
  paths: Paths,
  env: Record<string, string>,
  recipe: ImageRecipe,
  log: Log,
): Promise<void> {
  const format = `{{index .Config.Labels "${standInLabel}.recipe"}}`;
  const held = await tryCommand(['docker', 'image', 'inspect', '-f', format, localName(recipe)], {
    env,
  });
  if (held.stdout.trim() === (await hashRecipe(recipe))) return;
  await buildImage(paths, env, recipe, [localName(recipe)], log);
}
