import { JackerError } from '../error.ts';
import type { ErrorLocation, Problem } from '../error.ts';
import { conditionHolds, describeCondition } from './condition.ts';
import type { SettingDefinition, Settings, SettingSource, SettingValue } from './definition.ts';
import type { EnvFile } from './env-file.ts';
import { isShowableName } from './env-lexer.ts';
import type { EnvEntry } from './env-lexer.ts';
import { expectationOf, isListType, readValue } from './forms.ts';
import { joinDefinitions } from './schema.ts';
import type { SettingSchema } from './schema.ts';
import { nearestName } from './suggest.ts';

/** Keys that begin so are the user's own; Jacker does not look at them. */
export const ownKeyPrefix = 'X_';

/** What a `.env` file means under a set of definitions. */
export interface Resolution {
  settings: Settings;
  problems: readonly Problem[];
}

/**
 * The typed settings of a project: the `.env` file's values over the defaults. `env` is null where
 * there is no file. Throws `settings-invalid` with every problem at once (unknown key, missing
 * required setting, value of another type), and `manifest-invalid` for contradictory definitions.
 * Messages never hold a value.
 *
 * An empty value (`KEY=`) leaves an optional setting unset; where the setting has a default, it
 * empties text and lists, and other types refuse it.
 */
export function resolveSettings(
  env: EnvFile | null,
  definitions: readonly SettingDefinition[],
): Settings {
  const { settings, problems } = inspectSettings(env, definitions);
  if (problems.length > 0) throw new JackerError('settings-invalid', problems);
  return settings;
}

/** As {@link resolveSettings}, but returns the problems beside the settings that are right. */
export function inspectSettings(
  env: EnvFile | null,
  definitions: readonly SettingDefinition[],
): Resolution {
  const schema = joinDefinitions(definitions);
  const file = env?.file ?? '.env';
  const entries = new Map((env?.entries ?? []).map((entry) => [entry.key, entry]));
  const values = new Map<string, SettingValue>();
  const sources = new Map<string, SettingSource>();
  const problems: Problem[] = [];
  const broken = new Set<string>();

  for (const entry of entries.values()) {
    if (entry.key.startsWith(ownKeyPrefix) || schema.has(entry.key)) continue;
    problems.push(unknownKey(entry, file, schema));
  }
  for (const definition of schema.values()) {
    const { key } = definition;
    const entry = entries.get(key);
    const text = entry?.value ?? definition.default ?? '';
    const where = locate(file, key, entry);
    if (text === '') {
      if (entry === undefined || definition.default === undefined) continue;
      const empty = emptyValue(definition);
      if (empty === undefined) {
        broken.add(key);
        problems.push({
          what: 'the value is empty',
          where,
          why: `expected ${expectationOf(definition)}`,
          hint: `Give a value, or remove the line to get the default, ${JSON.stringify(definition.default)}.`,
        });
        continue;
      }
      values.set(key, empty);
      sources.set(key, 'env-file');
      continue;
    }
    const reading = readValue(definition, text);
    if ('wrong' in reading) {
      broken.add(key);
      problems.push(wrongValue(definition, text, reading.wrong, where));
    } else {
      values.set(key, reading.value);
      sources.set(key, entry === undefined ? 'default' : 'env-file');
    }
  }

  const settings = { values: Object.fromEntries(values), sources: Object.fromEntries(sources) };
  for (const definition of schema.values()) {
    if (broken.has(definition.key) || !isMissing(definition, settings.values)) continue;
    problems.push({
      what: `${definition.key} is required`,
      where: locate(file, definition.key, entries.get(definition.key)),
      ...(typeof definition.required === 'object'
        ? { why: `because ${describeCondition(definition.required)}` }
        : {}),
      hint: `Set ${definition.key} to ${expectationOf(definition)}. ${definition.help}`,
    });
  }
  return { settings, problems: problems.toSorted(byLine) };
}

/** Whether the setting has to have a value under the given values of all settings. */
export function isRequired(
  definition: SettingDefinition,
  values: Readonly<Record<string, SettingValue>>,
): boolean {
  const { required = false } = definition;
  return typeof required === 'object' ? conditionHolds(required, values) : required;
}

/** The problem of a name that no definition has. */
export function unknownKey(
  entry: Pick<EnvEntry, 'key' | 'line' | 'column'> | { key: string },
  file: string,
  schema: SettingSchema,
): Problem {
  const { key } = entry;
  const nearest = nearestName(key, schema.keys());
  // A stray line of a pasted key or certificate can look like a name: show only what cannot be one.
  const showable = nearest !== undefined || isShowableName(key);
  return {
    what: showable
      ? `${key} is no setting`
      : `a name of ${key.length} characters that is no setting`,
    where: {
      file,
      ...('line' in entry ? { line: entry.line, column: entry.column } : {}),
      ...(showable ? { key } : {}),
    },
    hint:
      nearest === undefined
        ? `Remove it; begin the names of variables of your own with ${ownKeyPrefix}.`
        : `Did you mean ${nearest}? Begin the names of variables of your own with ${ownKeyPrefix}.`,
  };
}

function locate(file: string, key: string, entry: EnvEntry | undefined): ErrorLocation {
  return entry === undefined
    ? { file, key }
    : { file, line: entry.line, column: entry.column, key };
}

function isMissing(
  definition: SettingDefinition,
  values: Readonly<Record<string, SettingValue>>,
): boolean {
  const value = values[definition.key];
  const empty =
    value === undefined || value === '' || (typeof value === 'object' && value.length === 0);
  return empty && isRequired(definition, values);
}

/** The typed value of an empty text where a default would apply; undefined: not allowed. */
function emptyValue(definition: SettingDefinition): SettingValue | undefined {
  if (isListType(definition.type)) return [];
  if (definition.type !== 'string' && definition.type !== 'text') return undefined;
  const reading = readValue(definition, '');
  return 'value' in reading ? reading.value : undefined;
}

function wrongValue(
  definition: SettingDefinition,
  text: string,
  wrong: string,
  where: ErrorLocation,
): Problem {
  const near = definition.type === 'enum' ? nearestName(text, definition.values ?? []) : undefined;
  const example =
    definition.example === undefined ? '' : ` For example: ${definition.key}=${definition.example}`;
  const remedy = /[\r\n]/.test(text)
    ? 'Write the value on one line; look for a quote that was meant to end earlier.'
    : `Correct the value.${example}`;
  return {
    what: wrong,
    where,
    why: `expected ${expectationOf(definition)}`,
    hint: near === undefined ? remedy : `Did you mean ${near}?`,
  };
}

/** By place in the file; what is not in the file comes last. */
function byLine(a: Problem, b: Problem): number {
  return (a.where?.line ?? Infinity) === (b.where?.line ?? Infinity)
    ? 0
    : (a.where?.line ?? Infinity) - (b.where?.line ?? Infinity);
}
