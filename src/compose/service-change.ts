import { isList, isMap, sameValue, type PlainValue } from './yaml-value.ts';

/**
 * One change of a map below `services`, as controls propose it: `set` replaces or adds a key, `add`
 * puts texts into a list, `drop` takes them out, `remove` takes the key out.
 */
export interface KeyChange {
  service: string;
  key: readonly [string, ...string[]];
  change:
    | { kind: 'set'; value: PlainValue }
    | { kind: 'add'; values: readonly string[] }
    | { kind: 'drop'; values: readonly string[] }
    | { kind: 'remove' };
  reason: string;
}

type PlainMap = Readonly<Record<string, PlainValue>>;

/** A service, in the notation that `shapeDocument` gives, with a change done. The same object where nothing changes. */
export function changeService(
  service: PlainMap,
  key: readonly string[],
  change: KeyChange['change'],
): PlainMap {
  const [name, ...rest] = key;
  if (name === undefined) return service;
  const before = Object.hasOwn(service, name) ? service[name] : undefined;
  if (rest.length > 0) {
    if (change.kind !== 'set' && !isMap(before)) return service;
    const after = changeService(isMap(before) ? before : {}, rest, change);
    return sameValue(before, after) ? service : { ...service, [name]: after };
  }
  const after = changeValue(before, change);
  if (sameValue(before, after)) return service;
  if (after !== undefined) return { ...service, [name]: after };
  return Object.fromEntries(Object.entries(service).filter(([other]) => other !== name));
}

function changeValue(
  before: PlainValue | undefined,
  change: KeyChange['change'],
): PlainValue | undefined {
  if (change.kind === 'remove') return undefined;
  if (change.kind === 'set') return change.value;
  const items = isList(before) ? before : before === undefined ? [] : [before];
  if (change.kind === 'add') {
    const missing = change.values.filter(
      (value) => !items.some((item) => typeof item !== 'object' && String(item) === value),
    );
    return missing.length === 0 ? before : [...items, ...new Set(missing)];
  }
  const kept = items.filter(
    (item) => typeof item === 'object' || !change.values.includes(String(item)),
  );
  if (kept.length === items.length) return before;
  return kept.length === 0 ? undefined : kept;
}
