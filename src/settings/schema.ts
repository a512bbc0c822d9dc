import { JackerError } from '../error.ts';
import type { ErrorLocation, Problem } from '../error.ts';
import type { SettingDefinition } from './definition.ts';
import { expectationOf, readValue, wholePattern } from './forms.ts';

/** Every known setting by its key, each once. */
export type SettingSchema = ReadonlyMap<string, SettingDefinition>;

/**
 * Joins the definitions of the core and of all services. Two services may declare one key only if
 * they agree on everything that decides which values pass; help, example and group may differ, the
 * first counts. Throws `manifest-invalid` with every contradiction, and with every definition that
 * could never work: a default its own type refuses, an enum without values, a broken pattern. Of two
 * that contradict each other, the later one is told.
 */
export function joinDefinitions(definitions: readonly SettingDefinition[]): SettingSchema {
  const schema = new Map<string, SettingDefinition>();
  const problems: Problem[] = [];
  for (const definition of definitions) {
    const first = schema.get(definition.key);
    if (first === undefined) schema.set(definition.key, definition);
    else if (shapeOf(first) !== shapeOf(definition)) {
      problems.push({
        what: `the setting ${definition.key} is declared twice with different contents`,
        where: placeOf(definition, 'key'),
        why: `${first.at?.('key').file ?? 'Jacker itself'} declares it, too`,
        hint: 'Give both declarations the same type, default, bounds and values, or rename one.',
      });
    }
  }
  for (const definition of schema.values()) {
    if (!definition.checked) problems.push(...flawsOf(definition, schema));
  }
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);
  return schema;
}

function placeOf(definition: SettingDefinition, key?: string): ErrorLocation {
  return definition.at?.(key) ?? { key: definition.key };
}

/** What decides on values, as comparable text. */
function shapeOf(definition: SettingDefinition): string {
  const { type, required = false, values = [], min, max, pattern } = definition;
  const condition =
    typeof required === 'object'
      ? Object.entries(required).toSorted(([a], [b]) => (a < b ? -1 : 1))
      : required;
  return JSON.stringify([
    type,
    definition.default ?? null,
    condition,
    values,
    min ?? null,
    max ?? null,
    pattern ?? null,
  ]);
}

function flawsOf(definition: SettingDefinition, schema: SettingSchema): Problem[] {
  const { type, required, pattern, values = [], min, max } = definition;
  const flaws: Problem[] = [];
  const flaw = (key: string, what: string, hint: string): void => {
    flaws.push({
      what: `${definition.key}: ${what}`,
      where: placeOf(definition, key),
      hint,
    });
  };
  if (type === 'enum' && values.length === 0) {
    flaw('type', 'an enum without values', 'List the allowed values under `values`.');
  }
  if (min !== undefined && max !== undefined && min > max) {
    flaw('min', 'min is greater than max', 'Correct the bounds.');
  }
  if (pattern !== undefined && !isExpression(pattern)) {
    flaw('pattern', 'the pattern is not a regular expression', 'Correct `pattern`.');
  }
  if (typeof required === 'object') {
    for (const other of Object.keys(required).filter((key) => !schema.has(key))) {
      flaw(
        'required',
        `\`required\` names ${other}, which no setting is`,
        'Name an existing setting.',
      );
    }
  }
  for (const field of flaws.length === 0 ? (['default', 'example'] as const) : []) {
    const text = definition[field] ?? '';
    const reading = text === '' ? undefined : readValue(definition, text);
    if (reading !== undefined && 'wrong' in reading) {
      flaw(
        field,
        `the ${field} is refused: ${reading.wrong}`,
        `Give one that is ${expectationOf(definition)}.`,
      );
    }
  }
  return flaws;
}

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(wholePattern(pattern), 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
