import { checkSettings } from '../catalog/check-settings.ts';
import { resolveStack } from '../catalog/resolve-stack.ts';
import type { Stack } from '../catalog/stack.ts';
import { JackerError } from '../error.ts';
import type { SettingDefinition, Settings } from '../settings/definition.ts';
import { setInEnv, unsetInEnv } from '../settings/edit.ts';
import { parseEnvFile, type EnvFile } from '../settings/env-file.ts';
import { inspectSettings, resolveSettings } from '../settings/resolve.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import {
  configExplain,
  configGet,
  configSet,
  readEnvFile,
  type SettingChange,
  type SettingExplanation,
  type SettingReport,
} from './config.ts';
import { loadCatalog, placed, settingDefinitions, type Package } from './project.ts';

/** What {@link changeSettings} did, or would do. */
export interface SettingsChangeResult {
  /** The file written to. */
  path: string;
  /** The settings whose value in the file is another one now. */
  changed: string[];
}

/** The settings with their values: of the named keys, or of all; or only what is not the default. */
export async function getSettings(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
  options: { keys: readonly string[]; changedOnly: boolean },
): Promise<SettingReport[]> {
  const { definitions } = await describe(context);
  const { files } = context.world;
  const { envPath } = context.location;
  const keys = options.keys.length > 0 ? options.keys : definitions.map(({ key }) => key);
  const reports: SettingReport[] = [];
  for (const key of keys) reports.push(await configGet(files, envPath, definitions, key));
  if (!options.changedOnly) return reports;
  const defaults = inspectSettings(null, definitions).settings.values;
  return reports.filter(
    ({ key, value }) => JSON.stringify(value ?? '') !== JSON.stringify(defaults[key] ?? ''),
  );
}

/** All about one setting, also while the file is wrong. */
export async function explainSetting(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
  key: string,
): Promise<SettingExplanation> {
  const { definitions } = await describe(context);
  return configExplain(context.world.files, context.location.envPath, definitions, key);
}

/**
 * Changes settings in the project's `.env`, all or none: the project has to be valid with them,
 * also the choice of services. Throws `project-missing` where there is no `.env`, and `lock-held`
 * while another command is at work.
 */
export async function changeSettings(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
  changes: readonly SettingChange[],
  options: { dryRun: boolean },
): Promise<SettingsChangeResult> {
  // What is wrong with them is said before anything is locked.
  const preview = await planChanges(context, changes);
  if (options.dryRun) return preview;
  return withLock(context, 'config set', () => applyChanges(context, changes));
}

/** As {@link changeSettings}; the caller holds the lock, also since it read what it changes. */
export async function applyChanges(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
  changes: readonly SettingChange[],
): Promise<SettingsChangeResult> {
  const { changed, definitions } = await planChanges(context, changes);
  const { envPath } = context.location;
  const { path } = await configSet(context.world.files, envPath, definitions, changes);
  return { path, changed };
}

async function planChanges(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
  changes: readonly SettingChange[],
) {
  const { envPath } = context.location;
  const { catalog, definitions } = await describe(context);
  const env = await requireEnvFile(context);
  const { changed } = previewChanges({ env, envPath, catalog, definitions }, changes);
  return { path: envPath, changed, definitions };
}

/** Holds the project's lock meanwhile: of two changes at once one would undo the other unseen. */
export async function withLock<T>(
  { world, location }: Pick<AppContext, 'world' | 'location'>,
  command: string,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(world, location.directory, command);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/** What the file says after the changes, checked as a whole project is. */
export function previewChanges(
  project: {
    env: EnvFile;
    envPath: string;
    catalog: Package['catalog'];
    definitions: readonly SettingDefinition[];
  },
  changes: readonly SettingChange[],
): { settings: Settings; stack: Stack; changed: string[] } {
  const { env, envPath, catalog, definitions } = project;
  const text = changes.reduce(
    (before, { key, value }) =>
      value === null ? unsetInEnv(before, key) : setInEnv(before, key, value, definitions),
    env.text,
  );
  const after = parseEnvFile(new TextEncoder().encode(text), envPath);
  const settings = resolveSettings(after, definitions);
  checkSettings(settings, envPath, after);
  const valueIn = (file: EnvFile, key: string): string | undefined =>
    file.entries.find((entry) => entry.key === key)?.value;
  return {
    settings,
    stack: placed(after, () => resolveStack(catalog, settings)),
    changed: changes
      .map(({ key }) => key)
      .filter((key) => valueIn(env, key) !== valueIn(after, key)),
  };
}

/** The settings of `KEY=VALUE` words. Throws `usage` for a word without `=`. */
export function parseAssignments(words: readonly string[], from: string): SettingChange[] {
  const problems = words
    .filter((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word))
    .map((word) => ({
      what: `${JSON.stringify(word.split('=')[0])} on ${from} is not KEY=VALUE`,
      hint: 'Write the name of a setting in upper case, = and the value: DOMAIN=example.com',
    }));
  if (problems.length > 0) throw new JackerError('usage', problems);
  return words.map((word) => {
    const equals = word.indexOf('=');
    return { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

/** The `.env` file of the project; throws `project-missing` where there is none. */
export async function requireEnvFile(
  context: Pick<AppContext, 'world' | 'location'>,
): Promise<EnvFile> {
  const { envPath } = context.location;
  const env = await readEnvFile(context.world.files, envPath);
  if (env) return env;
  throw new JackerError('project-missing', {
    what: 'there is no project here',
    where: { file: envPath },
    hint: 'Run jacker init in this folder, or name the project folder with -C.',
  });
}

async function describe(
  context: Pick<AppContext, 'world' | 'root' | 'location'>,
): Promise<Package & { definitions: SettingDefinition[] }> {
  const loaded = await loadCatalog(context.world, context.root, context.location.directory);
  return { ...loaded, definitions: settingDefinitions(loaded.catalog) };
}
