import { JackerError } from '../error.ts';
import type { ErrorLocation, Problem } from '../error.ts';
import type { FileFacts, FileSystem } from '../io/file-system.ts';
import type {
  SettingDefinition,
  Settings,
  SettingSource,
  SettingType,
  SettingValue,
} from '../settings/definition.ts';
import { setInEnv, unsetInEnv } from '../settings/edit.ts';
import { entryOf, parseEnvFile } from '../settings/env-file.ts';
import type { EnvFile } from '../settings/env-file.ts';
import { expectationOf } from '../settings/forms.ts';
import {
  inspectSettings,
  isRequired,
  ownKeyPrefix,
  resolveSettings,
  unknownKey,
} from '../settings/resolve.ts';
import { joinDefinitions } from '../settings/schema.ts';

/** No `.env` of people is that large; a bigger file is something else. In bytes. */
const maximumFileSize = 4 * 1024 * 1024;
/** The file may hold what others should not read. */
const newFileMode = 0o600;

/** The value of a setting now; `value` is absent where it is unset. */
export interface SettingReport {
  key: string;
  value?: SettingValue;
  source?: SettingSource;
  /** Where the value is written: only if it comes from the file. */
  where?: ErrorLocation;
}

/** All there is to know about a setting, for a person. */
export interface SettingExplanation extends SettingReport {
  type: SettingType;
  help: string;
  /** Completes "expected …". */
  expects: string;
  /** Under the present values of all settings. */
  required: boolean;
  group?: string;
  default?: string;
  example?: string;
  values?: readonly string[];
  /** What is wrong with this setting now. */
  problems: readonly Problem[];
}

/** One change of the `.env` file; null takes the setting out, so that its default applies. */
export interface SettingChange {
  key: string;
  value: string | null;
}

/** What {@link configSet} did. */
export interface ConfigSetResult {
  /** The file written to: where the path is a symbolic link, its target. */
  path: string;
  /** False where the file already said so; nothing is written then. */
  changed: boolean;
  created: boolean;
  settings: Settings;
}

/**
 * The `.env` file, or null where there is none. Follows a symbolic link. Throws `settings-invalid`
 * where the path is a folder, a device, a pipe or a broken link, where the file is too large or not
 * in order; `permission` where it may not be read. A pipe or device is never opened.
 */
export async function readEnvFile(files: FileSystem, envPath: string): Promise<EnvFile | null> {
  const found = await findEnvFile(files, envPath);
  if (found === null) return null;
  const bytes = await files.read(found.path);
  return bytes === null ? null : parseEnvFile(bytes, envPath);
}

/** One setting's value. Throws as {@link configValidate}, and for an unknown key. */
export async function configGet(
  files: FileSystem,
  envPath: string,
  definitions: readonly SettingDefinition[],
  key: string,
): Promise<SettingReport> {
  findDefinition(definitions, key, envPath);
  const env = await readEnvFile(files, envPath);
  return reportOf(env, resolveSettings(env, definitions), key);
}

/**
 * Changes settings in the `.env` file, all or none: the whole result has to be valid, else
 * `settings-invalid` is thrown and nothing written. Comments, order and notation of the rest stay.
 * The file keeps its mode and owner; a new one is for its owner alone (0600).
 */
export async function configSet(
  files: FileSystem,
  envPath: string,
  definitions: readonly SettingDefinition[],
  changes: readonly SettingChange[],
): Promise<ConfigSetResult> {
  for (const { key } of changes) {
    if (!key.startsWith(ownKeyPrefix)) findDefinition(definitions, key, envPath);
  }
  const found = await findEnvFile(files, envPath);
  const env = found === null ? null : await readEnvFile(files, envPath);
  const before = env?.text ?? '';
  const after = changes.reduce(
    (text, { key, value }) =>
      value === null ? unsetInEnv(text, key) : setInEnv(text, key, value, definitions),
    before,
  );
  const settings = resolveSettings(
    parseEnvFile(new TextEncoder().encode(after), envPath),
    definitions,
  );
  const changed = after !== before;
  const path = changed ? await writeEnvFile(files, envPath, after) : (found?.path ?? envPath);
  return { path, changed, created: changed && found === null, settings };
}

/**
 * Replaces the `.env` file, which keeps its mode and owner; a new one is for its owner alone (0600).
 * A symbolic link stays, and what it leads to is replaced.
 *
 * @returns the path of the file that was written
 */
export async function writeEnvFile(
  files: FileSystem,
  envPath: string,
  text: string,
): Promise<string> {
  const found = await findEnvFile(files, envPath);
  const path = found?.path ?? envPath;
  await files.write(path, text, { mode: found?.facts.mode ?? newFileMode });
  if (found !== null) await keepOwner(files, path, found.facts);
  return path;
}

/** All about one setting; works also while other settings, or this one, are wrong. */
export async function configExplain(
  files: FileSystem,
  envPath: string,
  definitions: readonly SettingDefinition[],
  key: string,
): Promise<SettingExplanation> {
  const definition = findDefinition(definitions, key, envPath);
  const env = await readEnvFile(files, envPath);
  const { settings, problems } = inspectSettings(env, definitions);
  const { type, help, group, example, values } = definition;
  return {
    ...reportOf(env, settings, key),
    type,
    help,
    expects: expectationOf(definition),
    required: isRequired(definition, settings.values),
    ...(group === undefined ? {} : { group }),
    ...(definition.default === undefined ? {} : { default: definition.default }),
    ...(example === undefined ? {} : { example }),
    ...(values === undefined ? {} : { values }),
    problems: problems.filter(({ where }) => where?.key === key),
  };
}

/** The settings, if the `.env` file is in order; else throws `settings-invalid` with every problem. */
export async function configValidate(
  files: FileSystem,
  envPath: string,
  definitions: readonly SettingDefinition[],
): Promise<Settings> {
  return resolveSettings(await readEnvFile(files, envPath), definitions);
}

function reportOf(env: EnvFile | null, settings: Settings, key: string): SettingReport {
  const value = settings.values[key];
  const source = settings.sources[key];
  const entry = entryOf(env, key);
  return {
    key,
    ...(value === undefined ? {} : { value }),
    ...(source === undefined ? {} : { source }),
    ...(env === null || entry === undefined
      ? {}
      : { where: { file: env.file, line: entry.line, column: entry.column, key } }),
  };
}

function findDefinition(
  definitions: readonly SettingDefinition[],
  key: string,
  envPath: string,
): SettingDefinition {
  const schema = joinDefinitions(definitions);
  const definition = schema.get(key);
  if (definition === undefined) {
    throw new JackerError('settings-invalid', unknownKey({ key }, envPath, schema));
  }
  return definition;
}

/** The file behind the path, without opening it; null where nothing is there. */
async function findEnvFile(
  files: FileSystem,
  envPath: string,
): Promise<{ path: string; facts: FileFacts } | null> {
  const refuse = (what: string, hint: string): JackerError =>
    new JackerError('settings-invalid', { what, where: { file: envPath }, hint });
  const named = await files.facts(envPath);
  if (named === null) return null;
  const path = named.kind === 'symlink' ? await files.realPath(envPath) : envPath;
  const facts = path === null ? null : await files.facts(path);
  if (path === null || facts === null) {
    throw refuse(
      'the symbolic link leads to nothing',
      'Restore the file it points to, or remove the link.',
    );
  }
  if (facts.kind === 'directory') {
    throw refuse(
      'a folder is where the .env file belongs',
      'Move the folder away; Docker makes one where it is to mount a file that is missing.',
    );
  }
  if (facts.kind !== 'file') {
    throw refuse(
      'the path is a pipe, socket or device, not a file',
      'Put an ordinary file there, or name another one with --env-file.',
    );
  }
  if (facts.size > maximumFileSize) {
    throw refuse(
      `the file has ${facts.size} bytes; ${maximumFileSize} is the most`,
      'Check that this really is the .env file; keep large content in files of their own.',
    );
  }
  return { path, facts };
}

/** An atomic write makes a new file: one that root writes would lock its former owner out. */
async function keepOwner(files: FileSystem, path: string, before: FileFacts): Promise<void> {
  const now = await files.facts(path);
  if (now === null || (now.uid === before.uid && now.gid === before.gid)) return;
  await files.setOwner(path, before.uid, before.gid);
}
