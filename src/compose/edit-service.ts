import { isAlias, isMap as isYamlMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { isBlock, nodeStart, NotEditable, quoteOf, type TextEditor } from './edit-place.ts';
import { contentEnd, pairOf } from './edit-source.ts';
import { changeService, type KeyChange } from './service-change.ts';
import { formatValue, isList, isMap, sameValue, type PlainValue } from './yaml-value.ts';

/** Keys that may be a list of `KEY=VALUE`. */
const pairForms = new Set(['environment', 'labels', 'sysctls', 'annotations']);

/**
 * Makes the edits of one change. Throws {@link NotEditable} where that would touch what others
 * share, or where the change is about something that stands elsewhere.
 *
 * @param effective the map's plain value with what merge keys bring in
 */
export function editKey(
  editor: TextEditor,
  map: YAMLMap,
  key: readonly string[],
  { change, reason }: Pick<KeyChange, 'change' | 'reason'>,
  effective: PlainValue | undefined,
): void {
  const [name = '', ...rest] = key;
  const known = isMap(effective) ? effective : {};
  const changed = changeService(known, key, change);
  if (changed === known) return;
  const pair = pairOf(map, name);
  const whole = (): PlainValue | undefined => changed[name];
  if (!pair) {
    const value = whole();
    if (Object.hasOwn(known, name) && (value === undefined || change.kind === 'drop')) {
      throw new NotEditable('a merge key brings it in');
    }
    if (value !== undefined) editor.addKey(map, name, value, reason);
    return;
  }
  editor.ownOnly(pair.value);
  const { value: node } = pair;
  if (rest.length > 0) {
    if (isYamlMap(node)) editKey(editor, node, rest, { change, reason }, known[name]);
    else if (isSeq(node) && pairForms.has(name)) setInPairs(editor, node, rest, change, reason);
    else if (isSeq(node)) throw new NotEditable('it is a list where a map is expected');
    else replaceValue(editor, map, pair, whole(), reason);
    return;
  }
  switch (change.kind) {
    case 'remove': {
      editor.takeOutKey(map, pair, reason);
      return;
    }
    case 'set': {
      setValue(editor, map, pair, change.value, known[name], reason);
      return;
    }
    case 'add': {
      const has = isList(known[name]) ? known[name].map(String) : [];
      const missing = [...new Set(change.values)].filter((value) => !has.includes(value));
      if (missing.length === 0) return;
      if (isSeq(node)) {
        editor.addItems(node, missing, reason);
        return;
      }
      replaceValue(editor, map, pair, whole(), reason);
      return;
    }
    case 'drop': {
      if (!isSeq(node)) {
        const value = whole();
        if (value === undefined) editor.takeOutKey(map, pair, reason);
        else replaceValue(editor, map, pair, value, reason);
        return;
      }
      const gone = node.items.flatMap((item, index) =>
        isScalar(item) && change.values.includes(String(item.value)) ? [index] : [],
      );
      if (gone.length === node.items.length) {
        editor.takeOutKey(map, pair, reason);
        return;
      }
      editor.takeOutItems(node, gone, reason);
      return;
    }
  }
}

/** Sets a value by the least that must be written for it. */
function setValue(
  editor: TextEditor,
  map: YAMLMap,
  pair: Pair,
  value: PlainValue,
  before: PlainValue | undefined,
  reason: string,
): void {
  if (sameValue(before, value)) return;
  const node = pair.value;
  if (isYamlMap(node) && isMap(value) && isMap(before)) {
    const gone = Object.keys(before).filter((name) => !Object.hasOwn(value, name));
    if (gone.length === 0) {
      for (const [name, one] of Object.entries(value)) {
        editKey(editor, node, [name], { change: { kind: 'set', value: one }, reason }, before);
      }
      return;
    }
  }
  if (isSeq(node) && isList(value) && isList(before)) {
    const kept = before.every((item, index) => sameValue(item, value[index]));
    const more = value.slice(before.length);
    if (kept && more.every((item) => typeof item === 'string')) {
      editor.addItems(node, more, reason);
      return;
    }
    if (before.length === value.length && replaceItems(editor, node.items, before, value, reason)) {
      return;
    }
  }
  replaceValue(editor, map, pair, value, reason);
}

/** Replaces single items of a list; false where one of them is no text in a line. */
function replaceItems(
  editor: TextEditor,
  nodes: readonly unknown[],
  before: readonly PlainValue[],
  after: readonly PlainValue[],
  reason: string,
): boolean {
  const changed = after.flatMap((value, index) =>
    sameValue(value, before[index]) ? [] : [{ value, old: before[index], node: nodes[index] }],
  );
  const simple = changed.every(
    ({ node, value, old }) =>
      (isScalar(node) && !isBlock(node, editor.text) && typeof value !== 'object') ||
      (isYamlMap(node) && isMap(value) && isMap(old)),
  );
  if (!simple) return false;
  for (const { node, value, old } of changed) {
    if (isYamlMap(node) && isMap(value)) {
      for (const [name, one] of Object.entries(value)) {
        if (isMap(old) && sameValue(old[name], one)) continue;
        editKey(editor, node, [name], { change: { kind: 'set', value: one }, reason }, old);
      }
    } else {
      const text = formatValue(value, quoteOf(node, editor.text), false);
      editor.replace(nodeStart(node), contentEnd(node, 0), text, reason);
    }
  }
  return true;
}

/** A key of a list of `KEY=VALUE`. */
function setInPairs(
  editor: TextEditor,
  list: Parameters<TextEditor['addItems']>[0],
  [name = '', ...deeper]: readonly string[],
  change: KeyChange['change'],
  reason: string,
): void {
  if (deeper.length > 0 || change.kind !== 'set' || typeof change.value === 'object') {
    throw new NotEditable('it is a list of KEY=VALUE');
  }
  const text = `${name}=${String(change.value)}`;
  const item = list.items.find(
    (one) => isScalar(one) && String(one.value).split('=', 1)[0] === name,
  );
  if (!item) {
    editor.addItems(list, [text], reason);
    return;
  }
  if (isScalar(item) && String(item.value) === text) return;
  editor.ownOnly(item);
  const written = formatValue(text, quoteOf(item, editor.text), false);
  editor.replace(nodeStart(item), contentEnd(item, 0), written, reason);
}

/** Writes a value anew: within its line, or where it has lines of its own behind them as comments. */
function replaceValue(
  editor: TextEditor,
  map: YAMLMap,
  pair: Pair,
  value: PlainValue | undefined,
  reason: string,
): void {
  if (value === undefined) return;
  const { value: node } = pair;
  const name = String((pair.key as { value?: unknown }).value);
  if (isBlock(node, editor.text)) {
    editor.takeOutKey(map, pair, reason);
    editor.addKey(map, name, value, reason);
    return;
  }
  const start = nodeStart(node);
  const end = isAlias(node) ? (node.range?.[1] ?? start) : contentEnd(node, start);
  const alone = map.flow !== true;
  editor.replace(start, end, formatValue(value, quoteOf(node, editor.text), alone), reason);
}
