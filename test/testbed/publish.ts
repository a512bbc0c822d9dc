import { runCommand } from './command.ts';
import { baseReference, ensureBaseImage } from './base-image.ts';
import { buildGo } from './gobuild.ts';
import { buildImage, hashRecipe } from './images.ts';
import type { Paths } from './paths.ts';
import type { ImageRecipe } from './recipes.ts';
import { copyTag, readDigest } from './registry.ts';
import type { Log } from './steps.ts';

/** Builds and pushes each image that the registry does not have in its present form. */
export async function publishImages(
  paths: Paths,
  env: Record<string, string>,
  registry: string,
  images: readonly ImageRecipe[],
  log: Log,
): Promise<void> {
  const current = await Promise.all(images.map((recipe) => isPublished(registry, recipe)));
  const pending = images.filter((_, index) => current[index] !== true);
  if (pending.length === 0) return;
  // Compilers and package installs keep different parts of a small machine busy: side by side.
  const lanes = await Promise.allSettled([
    compileAll(paths, pending, log),
    (async () => {
      await ensureBaseImage(paths, env, log);
      await publishBase(env, registry);
      for (const recipe of pending.filter(({ go }) => go === undefined)) {
        await publish(paths, env, registry, recipe, log);
      }
    })(),
  ]);
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  for (const recipe of pending.filter(({ go }) => go !== undefined)) {
    await publish(paths, env, registry, recipe, log);
  }
}

/** The name under which the registry serves an image. */
export function inRegistry(registry: string, recipe: ImageRecipe): string {
  return `${registry}/${recipe.name}:${recipe.tag}`;
}

/**
 * Whether the registry has this image. Each build is also kept under a tag of its own, so that a
 * tag which a test has pointed elsewhere is set right again without building.
 */
async function isPublished(registry: string, recipe: ImageRecipe): Promise<boolean> {
  const keep = await recipeTag(recipe);
  const built = await readDigest(registry, recipe.name, keep);
  if (built === null) return false;
  if ((await readDigest(registry, recipe.name, recipe.tag)) !== built) {
    await copyTag(registry, recipe.name, keep, recipe.tag);
  }
  return true;
}

async function recipeTag(recipe: ImageRecipe): Promise<string> {
  return `recipe-${await hashRecipe(recipe)}`;
}

async function compileAll(paths: Paths, images: readonly ImageRecipe[], log: Log): Promise<void> {
  for (const { go } of images) {
    if (go !== undefined) await buildGo(paths, go, log);
  }
}

async function publishBase(env: Record<string, string>, registry: string): Promise<void> {
  const reference = `${registry}/library/${baseReference}`;
  await runCommand(['docker', 'tag', baseReference, reference], 'See the engine log.', { env });
  await push(env, reference);
}

async function publish(
  paths: Paths,
  env: Record<string, string>,
  registry: string,
  recipe: ImageRecipe,
  log: Log,
): Promise<void> {
  const reference = inRegistry(registry, recipe);
  await buildImage(paths, env, recipe, [reference, ...(recipe.aliases ?? [])], log);
  await push(env, reference);
  await copyTag(registry, recipe.name, recipe.tag, await recipeTag(recipe));
  if (recipe.official !== undefined && recipe.aliases === undefined) {
    // Through the mirror, as a user would get it: the engine then knows the name's digest, too.
    await runCommand(['docker', 'pull', '--quiet', recipe.official], 'See the engine log.', {
      env,
    });
  }
}

async function push(env: Record<string, string>, reference: string): Promise<void> {
  await runCommand(['docker', 'push', '--quiet', reference], 'See the registry log.', { env });
}
