import { existsSync } from 'node:fs';
import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGo, goRecipes } from './gobuild.ts';
import type { Paths } from './paths.ts';
import type { Log } from './steps.ts';

/** A version of Docker Compose, as a folder that DOCKER_CONFIG can point to. */
export interface ComposeBinary {
  name: string;
  dockerConfig: string;
}

/** The Compose that comes with the unpacked engine. */
export async function linkPackagedCompose(paths: Paths): Promise<ComposeBinary> {
  return link(
    paths,
    'compose-2.26',
    join(paths.tools, 'usr/libexec/docker/cli-plugins/docker-compose'),
  );
}

/** A newer Compose, built from source. */
export async function linkNewCompose(paths: Paths, log: Log): Promise<ComposeBinary> {
  const programs = await buildGo(paths, goRecipes.compose, log);
  return link(paths, 'compose-5.6', join(programs, 'docker-compose'));
}

async function link(paths: Paths, name: string, compose: string): Promise<ComposeBinary> {
  const dockerConfig = join(paths.dockerConfigs, name);
  const plugins = join(dockerConfig, 'cli-plugins');
  const buildx = join(paths.tools, 'usr/libexec/docker/cli-plugins/docker-buildx');
  await mkdir(plugins, { recursive: true });
  for (const [plugin, target] of [
    ['docker-compose', compose],
    ['docker-buildx', buildx],
  ] as const) {
    // On an engine that was found running, nothing was unpacked: its own build plugin serves.
    if (!existsSync(target)) continue;
    // Whoever runs it meanwhile, as the tests of other processes do, finds the old one or the new.
    const place = join(plugins, plugin);
    if ((await readlink(place).catch(() => null)) === target) continue;
    const fresh = `${place}.${String(process.pid)}`;
    await rm(fresh, { force: true });
    await symlink(target, fresh);
    await rename(fresh, place);
  }
  return { name, dockerConfig };
}
