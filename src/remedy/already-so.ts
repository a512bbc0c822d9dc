import { isDeepStrictEqual } from 'node:util';
import type { ServiceChange } from '../controls/control.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';

/** True where a merged document says already what a change would make it say. */
export function isAlreadySo(
  document: ComposeDocument,
  { service, key, change }: ServiceChange,
): boolean {
  let value: unknown = document.services[service];
  if (value === undefined) return false;
  for (const name of key) {
    value =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  }
  const entries = value === undefined ? [] : [value].flat();
  switch (change.kind) {
    case 'set':
      return isDeepStrictEqual(value, change.value);
    case 'add':
      return change.values.every((one) => entries.includes(one));
    case 'drop':
      return !change.values.some((one) => entries.includes(one));
    case 'remove':
      return value === undefined;
  }
}
