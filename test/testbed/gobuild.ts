import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasProgram, runCommand } from './command.ts';
import { hashFolder } from './hash.ts';
import { recipes, type Paths } from './paths.ts';
import { step, type Log } from './steps.ts';

/** A program built from a published Go module, pinned by the go.mod and go.sum in its folder. */
export interface GoRecipe {
  folder: string;
  module: string;
  /** File name of the program -> package inside the module. */
  programs: Record<string, string>;
  /** Variables set at link time, so that the program reports its version. */
  variables?: Record<string, string>;
}

export const goRecipes = {
  traefik: {
    folder: 'traefik',
    module: 'github.com/traefik/traefik/v3',
    programs: { traefik: 'cmd/traefik' },
    variables: { 'pkg/version.Version': '3.7.9' },
  },
  oauth2Proxy: {
    folder: 'oauth2-proxy',
    module: 'github.com/oauth2-proxy/oauth2-proxy/v7',
    programs: { 'oauth2-proxy': '' },
    variables: { 'pkg/version.VERSION': 'v7.15.3' },
  },
  compose: {
    folder: 'compose',
    module: 'github.com/docker/compose/v5',
    programs: { 'docker-compose': 'cmd' },
    variables: { 'internal.Version': 'v5.6.0' },
  },
  pebble: {
    folder: 'pebble',
    module: 'github.com/letsencrypt/pebble/v2',
    programs: { pebble: 'cmd/pebble', 'pebble-challtestsrv': 'cmd/pebble-challtestsrv' },
  },
} as const satisfies Record<string, GoRecipe>;

/** Builds the programs of a recipe, or finds them in the cache; returns the folder they are in. */
export async function buildGo(paths: Paths, recipe: GoRecipe, log: Log): Promise<string> {
  const folder = join(recipes, recipe.folder);
  const output = join(paths.go, `${recipe.folder}-${await hashFolder(folder, recipeKey(recipe))}`);
  if (existsSync(output)) return output;
  if (!(await hasProgram('go'))) {
    throw new Error(
      `testbed: ${recipe.folder} is built from source, and there is no "go" on PATH. Install Go 1.26 or newer.`,
    );
  }
  await step(log, `build ${recipe.folder} (Go)`, async () => {
    const unfinished = `${output}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    for (const [program, path] of Object.entries(recipe.programs)) {
      const target = path === '' ? recipe.module : `${recipe.module}/${path}`;
      await runCommand(
        [
          ...['go', 'build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(recipe)],
          ...['-o', join(unfinished, program), target],
        ],
        'Check that the Go module proxy can be reached.',
        { cwd: folder, env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' } },
      );
    }
    await rename(unfinished, output);
  });
  return output;
}

/** The folder that a module's published source was unpacked to. */
export async function findModuleSource(recipe: GoRecipe): Promise<string> {
  const argv = ['go', 'list', '-m', '-f', '{{.Dir}}', recipe.module];
  const env = { GOFLAGS: '', GOWORK: 'off' };
  const text = await runCommand(argv, 'Check that the Go module proxy can be reached.', {
    cwd: join(recipes, recipe.folder),
    env,
  });
  return text.trim();
}

/** What, besides the files in its folder, decides how a program comes out. */
function recipeKey(recipe: GoRecipe): string {
  return JSON.stringify([recipe.module, recipe.programs, linkerFlags(recipe)]);
}

function linkerFlags(recipe: GoRecipe): string {
  const variables = Object.entries(recipe.variables ?? {}).map(
    ([name, value]) => `-X ${recipe.module}/${name}=${value}`,
  );
  return ['-s', '-w', ...variables].join(' ');
}
