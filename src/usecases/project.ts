import { isAbsolute, join, resolve } from 'node:path';
import type { Catalog, ServiceDefinition } from '../catalog/service-definition.ts';
import { refuseUnknownConditions } from '../catalog/refuse-unknown-conditions.ts';
import { resolveStack } from '../catalog/resolve-stack.ts';
import type { Stack } from '../catalog/stack.ts';
import { checkSettings } from '../catalog/check-settings.ts';
import { JackerError } from '../error.ts';
import { readPackage, type PackageContent } from '../io/package-files.ts';
import type { World } from '../io/world.ts';
import { coreSettings } from '../settings/core.ts';
import type { SettingDefinition, Settings } from '../settings/definition.ts';
import { entryOf, type EnvFile } from '../settings/env-file.ts';
import { resolveSettings } from '../settings/resolve.ts';
import { refuseLinkedFolders } from '../state/own-folders.ts';
import { readEnvFile } from './config.ts';
import { readOwnServices } from './own-services.ts';

export { ownServicesFolder } from './own-services.ts';

/** Where a project is, as the global flags say it. */
export interface ProjectLocation {
  /** Absolute path of the project folder. */
  directory: string;
  /** Absolute path of its `.env`. */
  envPath: string;
}

/** The package's own files and what they declare. */
export interface Package {
  files: ReadonlyMap<string, string>;
  catalog: Catalog;
  compiledTemplates: PackageContent['compiledTemplates'];
}

/** A project as its files describe it; nothing of the engine is asked. */
export interface Project extends ProjectLocation {
  /** Package files, and the project's own templates under the same names. */
  templates: ReadonlyMap<string, string>;
  compiledTemplates: PackageContent['compiledTemplates'];
  catalog: Catalog;
  definitions: readonly SettingDefinition[];
  env: EnvFile;
  settings: Settings;
  stack: Stack;
  /** The user's Compose files in `overrides/`, relative, in name order. */
  overrides: readonly string[];
}

/** Locates a project from the values of `-C` and `--env-file`. */
export function locateProject(
  workingDirectory: string,
  flags: { projectDir?: string | undefined; envFile?: string | undefined },
): ProjectLocation {
  const directory = resolve(workingDirectory, flags.projectDir ?? '.');
  const envFile = flags.envFile ?? '.env';
  return {
    directory,
    envPath: isAbsolute(envFile)
      ? envFile
      : flags.envFile
        ? resolve(workingDirectory, envFile)
        : join(directory, envFile),
  };
}

/** Reads the package's services and templates, and the project's own under `services/`. */
export async function loadCatalog(world: World, root: string, directory: string): Promise<Package> {
  const { files, services, compiledTemplates } = readPackage(root);
  const definitions = services?.map(restoreDefinition) ?? (await parsePackageServices(files));
  await refuseLinkedFolders(world.files, directory);
  const taken = new Set(definitions.map(({ name }) => name));
  definitions.push(...(await readOwnServices(world.files, directory, taken, files)));
  definitions.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    files,
    catalog: new Map(definitions.map((definition) => [definition.name, definition])),
    compiledTemplates,
  };
}

/** A service that the build has parsed and checked; of its places only the file is known. */
function restoreDefinition(prepared: unknown): ServiceDefinition {
  const definition = prepared as Omit<ServiceDefinition, 'at'>;
  return {
    ...definition,
    checked: true,
    at: (path) => ({ file: definition.file, key: path.join('.') }),
  };
}

/** The service files of the package, parsed and checked. */
export async function parsePackageServices(
  files: ReadonlyMap<string, string>,
): Promise<ServiceDefinition[]> {
  // Late: a bundle has them parsed already.
  const { parseService } = await import('../catalog/parse-service.ts');
  return [...files].flatMap(([path, text]) =>
    /^compose\/[^/]+\.yml$/.test(path) ? [parseService(path, text)] : [],
  );
}

/** Every setting that a catalog knows: the core's, its services', and one image per service. */
export function settingDefinitions(catalog: Catalog): SettingDefinition[] {
  // Jacker's own first: of two that contradict each other, the later one is told.
  const [packaged, own] = [true, false].map((wanted) =>
    [...catalog.values()].filter(({ file }) => file.startsWith('compose/') === wanted),
  );
  const core = coreSettings.map((setting) => ({ ...setting, checked: true }));
  return [...core, ...settingsOf(packaged ?? []), ...settingsOf(own ?? [])];
}

/** What services declare, and after all that an image for each. */
function settingsOf(services: readonly ServiceDefinition[]): SettingDefinition[] {
  return [
    ...services.flatMap(({ manifest, checked, at }) =>
      manifest.settings.map((setting, index): SettingDefinition => ({
        ...setting,
        checked,
        at: (key) => at(['x-jacker', 'settings', index, ...(key === undefined ? [] : [key])]),
      })),
    ),
    ...services.map(({ name, fragment, checked, at }): SettingDefinition => ({
      checked,
      key: imageSetting(name),
      group: 'Images',
      type: 'image',
      help: `Another image for ${name}, instead of ${fragment.image ?? ''}.`,
      at: () => at([]),
    })),
  ];
}

/** The setting that replaces a service's image. */
export function imageSetting(service: string): string {
  return `${service.replaceAll('-', '_').toUpperCase()}_IMAGE`;
}

/**
 * Loads a project: settings checked, stack resolved. Throws `project-missing` where there is no
 * `.env`, and what reading and resolving throw.
 *
 * @param assumed the settings to assume, where they are not those of the file
 */
export async function loadProject(
  world: World,
  root: string,
  location: ProjectLocation,
  assumed?: EnvFile,
): Promise<Project> {
  const { files, catalog, compiledTemplates } = await loadCatalog(world, root, location.directory);
  const env = assumed ?? (await readEnvFile(world.files, location.envPath));
  if (!env) {
    throw new JackerError('project-missing', {
      what: 'there is no project here',
      where: { file: location.envPath },
      hint: 'Run jacker init in this folder, or name the project folder with -C.',
    });
  }
  const definitions = settingDefinitions(catalog);
  refuseUnknownConditions(catalog, definitions);
  const settings = resolveSettings(env, definitions);
  checkSettings(settings, location.envPath, env);
  const stack = placed(env, () => resolveStack(catalog, settings));
  const overrides = (await world.files.list(join(location.directory, 'overrides')))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `overrides/${name}`);
  return {
    ...location,
    templates: files,
    compiledTemplates,
    catalog,
    definitions,
    env,
    settings,
    stack,
    overrides,
  };
}

/** Adds to the problems of settings where in the file they are. */
export function placed<T>(env: EnvFile, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof JackerError) || error.code !== 'settings-invalid') throw error;
    const problems = error.problems.map((problem) => {
      const entry = entryOf(env, problem.where?.key ?? '');
      const place = entry ? { line: entry.line, column: entry.column } : {};
      return { ...problem, where: { file: env.file, ...place, ...problem.where } };
    });
    throw new JackerError(error.code, problems, { cause: error });
  }
}
