import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { buildGo, findModuleSource } from './gobuild.ts';
import { hashFolder } from './hash.ts';
import { recipes, type Paths } from './paths.ts';
import { baseRevision, nodeImage, type ImageRecipe } from './recipes.ts';
import { step, type Log } from './steps.ts';

/** What every image of the testbed is labelled with, so that nobody takes it for the real one. */
export const standInLabel = 'io.jacker.standin';

/** The content hash of everything an image is made from. */
export async function hashRecipe(recipe: ImageRecipe): Promise<string> {
  const inputs = [baseRevision, JSON.stringify(recipe)];
  if (recipe.npm === true && recipe !== nodeImage) inputs.push(await hashRecipe(nodeImage));
  return hashFolder(join(recipes, recipe.folder), ...inputs);
}

/** Builds an image on the engine that `env` points to, under all the given references. */
export async function buildImage(
  paths: Paths,
  env: Record<string, string>,
  recipe: ImageRecipe,
  references: readonly string[],
  log: Log,
): Promise<void> {
  const programs = recipe.go === undefined ? null : await buildGo(paths, recipe.go, log);
  await step(log, `build image ${recipe.name}:${recipe.tag}`, async () => {
    const context = join(paths.scratch, recipe.folder);
    try {
      await stage(recipe, context, programs);
      const tags = references.flatMap((reference) => ['--tag', reference]);
      await runCommand(
        [
          ...['docker', 'build', '--progress', 'plain', '--label', `${standInLabel}=true`],
          ...['--label', `${standInLabel}.recipe=${await hashRecipe(recipe)}`, ...tags, context],
        ],
        `The recipe is test/testbed/images/${recipe.folder}.`,
        { env },
      );
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
}

/** Puts the recipe's files, built programs and installed packages into one folder. */
async function stage(recipe: ImageRecipe, context: string, programs: string | null): Promise<void> {
  const source = join(recipes, recipe.folder);
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  for (const name of await readdir(source)) {
    await cp(join(source, name), join(context, name), { recursive: true });
  }
  if (programs !== null) await cp(programs, join(context, 'go'), { recursive: true });
  if (recipe.go !== undefined && recipe.moduleFolders !== undefined) {
    const moduleSource = await findModuleSource(recipe.go);
    for (const folder of recipe.moduleFolders) {
      await cp(join(moduleSource, folder), join(context, 'module', folder), { recursive: true });
    }
  }
  if (recipe.npm === true) {
    // On this machine, not in the build: the package manager is set up here already.
    await runCommand(
      ['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'],
      'Check that the package registry can be reached.',
      { cwd: context },
    );
  }
}
