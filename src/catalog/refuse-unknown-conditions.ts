import { JackerError, type Problem } from '../error.ts';
import type { SettingDefinition } from '../settings/definition.ts';
import { isListType, readValue } from '../settings/forms.ts';
import type { Condition } from './manifest.ts';
import { suggestion } from './select-services.ts';
import type { Catalog, ServiceDefinition } from './service-definition.ts';

type Place = readonly (string | number)[];

/**
 * Refuses conditions that can never hold: on a setting that does not exist, or for a value that it
 * does not take. What they guard would silently never be there. Throws `manifest-invalid` with the
 * place of each.
 */
export function refuseUnknownConditions(
  catalog: Catalog,
  definitions: readonly SettingDefinition[],
): void {
  const known = new Map(definitions.map((definition) => [definition.key, definition]));
  const problems: Problem[] = [];
  for (const service of catalog.values()) {
    for (const [key, allowed, place] of namedSettings(service)) {
      const path = ['x-jacker', ...place];
      const definition = known.get(key);
      if (!definition) {
        problems.push({
          what: `${service.name} names the setting ${key}, which does not exist`,
          where: service.at(path),
          hint: suggestion(key, [...known.keys()]),
        });
        continue;
      }
      for (const [index, value] of allowed.entries()) {
        if (isPossible(definition, value)) continue;
        problems.push({
          what: `${JSON.stringify(value)} is no value of ${key}`,
          where: service.at([...path, index]),
          hint: definition.values
            ? suggestion(value, definition.values)
            : `See jacker config explain ${key}.`,
        });
      }
    }
  }
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);
}

/** Every setting that a manifest names, with the values it is compared to and the place. */
function namedSettings({ manifest }: ServiceDefinition): [string, readonly string[], Place][] {
  const conditions: [Condition | undefined, Place][] = [
    [manifest.when, ['when']],
    [manifest.egress?.when, ['egress', 'when']],
    ...(['secrets', 'config', 'routes', 'exceptions'] as const).flatMap((part) =>
      manifest[part].map(({ when }, index): [Condition | undefined, Place] => [
        when,
        [part, index, 'when'],
      ]),
    ),
  ];
  return [
    ...conditions.flatMap(([condition, place]) =>
      Object.entries(condition ?? {}).map(([key, allowed]): [string, readonly string[], Place] => [
        key,
        allowed,
        [...place, key],
      ]),
    ),
    ...manifest.publishes.map(({ setting }, index): [string, readonly string[], Place] => [
      setting,
      [],
      ['publishes', index, 'setting'],
    ]),
    ...manifest.secrets.flatMap(({ user = '' }, index) =>
      [...user.matchAll(/\{\{([A-Z0-9_]+)\}\}/g)].map(
        ([, key = '']): [string, readonly string[], Place] => [key, [], ['secrets', index, 'user']],
      ),
    ),
  ];
}

/** An unset setting compares as ''; of a list, one entry has to match. */
function isPossible(definition: SettingDefinition, value: string): boolean {
  if (value === '') return definition.type !== 'enum' || definition.default === undefined;
  if (isListType(definition.type) && value.includes(',')) return false;
  return 'value' in readValue(definition, value);
}
