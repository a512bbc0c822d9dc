import type { SettingValue } from './definition.ts';

/** Settings and the values under which something applies. */
export type SettingCondition = Readonly<Record<string, readonly string[]>>;

/**
 * Whether every setting of the condition has one of the values given for it. Numbers and booleans
 * compare by their `.env` notation; of a list, one entry has to match; an unset setting is ''.
 */
export function conditionHolds(
  condition: SettingCondition,
  values: Readonly<Record<string, SettingValue>>,
): boolean {
  return Object.entries(condition).every(([key, allowed]) => {
    const value = values[key] ?? '';
    const actual = typeof value === 'object' ? value : [String(value)];
    return actual.some((one) => allowed.includes(one));
  });
}

/** The condition in words: `AUTH_MODE is "oauth" or "authentik"`. */
export function describeCondition(condition: SettingCondition): string {
  return Object.entries(condition)
    .map(([key, allowed]) => `${key} is ${allowed.map((value) => `"${value}"`).join(' or ')}`)
    .join(' and ');
}
