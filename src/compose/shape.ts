import { nearestName } from '../settings/suggest.ts';
import { gapAt, type Gap } from './gap.ts';
import { limits } from './limits.ts';
import { documentKeys, innerForms, serviceKeys, type Form } from './service-keys.ts';
import type { MappingEntry, MappingNode, ScalarNode, SequenceNode, SourceNode } from './source.ts';

/** Collects what a check cannot vouch for. */
export type Report = (gap: Gap) => void;

/** Keys of an entry of `ports`, `volumes` and the like whose value is a text. */
const itemTexts = new Set(
  'type source target host_ip published protocol app_protocol mode name file uid gid format action'.split(
    ' ',
  ),
);
const itemFlags = new Set(['read_only', 'required', 'privileged']);
const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, false] as const),
]);

/**
 * A Compose document in one notation: lists of `KEY=VALUE` become maps, single texts lists, texts
 * that mean a flag or number become one. What Compose would refuse is reported and left out, so
 * that everything behind this point may trust the forms. Keys that begin with `x-` are left out.
 */
export function shapeDocument(document: SourceNode, report: Report): MappingNode | null {
  if (document.kind !== 'mapping') {
    report(
      gapAt(document, {
        kind: 'schema',
        what: 'is not a Compose document: a map with services: is expected',
        hint: 'Begin with services:',
      }),
    );
    return null;
  }
  const shaped = shapeMap(document, documentKeys, [], report);
  const sections = new Map(shaped.entries);
  for (const [name, section] of shaped.entries) {
    if (section.value.kind !== 'mapping' || name === 'x-jacker') continue;
    const entries = new Map<string, MappingEntry>();
    for (const [key, { key: place, value }] of section.value.entries) {
      const one = shapeResource(value, [name, key], report);
      if (one) entries.set(key, { key: place, value: one });
    }
    sections.set(name, { key: section.key, value: { ...section.value, entries } });
  }
  return { ...shaped, entries: sections };
}

function shapeResource(
  node: SourceNode,
  path: readonly string[],
  report: Report,
): SourceNode | null {
  const isService = path[0] === 'services';
  if (node.kind === 'mapping') {
    return isService ? shapeMap(node, serviceKeys, path, report) : node;
  }
  if (node.kind === 'scalar' && node.value === null && (!isService || node.tag !== undefined)) {
    return node;
  }
  refuse(node, path, 'a map', report);
  return null;
}

function shapeMap(
  node: MappingNode,
  keys: Readonly<Record<string, Form>>,
  path: readonly string[],
  report: Report,
): MappingNode {
  const entries = new Map<string, MappingEntry>();
  for (const [name, entry] of node.entries) {
    if (name.startsWith('x-')) continue;
    const form = Object.hasOwn(keys, name) ? keys[name] : undefined;
    const at = [...path, name];
    if (form === undefined) {
      const meant = nearestName(name, Object.keys(keys));
      report(
        gapAt(
          { ...entry.value, start: entry.key.start, end: entry.key.end, source: entry.key.source },
          {
            kind: 'schema',
            what: `${name} is no key that Compose knows, so what it means to set is not set`,
            hint: meant
              ? `Did you mean ${meant}?`
              : 'Take it out, or begin its name with x- if it is for another tool.',
            path: at,
          },
        ),
      );
      continue;
    }
    const value = shapeValue(entry.value, form, at, report);
    if (value) entries.set(name, { key: entry.key, value });
  }
  return { ...node, entries };
}

/** A value in its form; null where it has another one, which is reported, or says nothing. */
function shapeValue(
  node: SourceNode,
  form: Form,
  path: readonly string[],
  report: Report,
): SourceNode | null {
  // What a later file takes away or replaces is a matter of merging.
  if (node.tag === '!reset') return node;
  if (node.kind === 'scalar' && node.value === null) return null;
  // The sections of a document have bounds of their own.
  if (path.length > 1 && isTooLong(node)) {
    refuse(node, path, shorter, report);
    return null;
  }
  const shaped = shapeAs(node, form, path, report);
  if (shaped === undefined) {
    refuse(node, path, descriptions[form], report);
    return null;
  }
  return node.tag === undefined ? shaped : { ...shaped, tag: node.tag };
}

const descriptions: Readonly<Record<Form, string>> = {
  text: 'a text',
  number: 'a number',
  flag: 'true or false',
  texts: 'a list of texts',
  list: 'a list',
  pairs: 'a map, or a list of KEY=VALUE',
  names: 'a list of names, or a map',
  map: 'a map',
  textOrMap: 'a text or a map',
  words: 'a text or a list of texts',
  any: 'a value',
};

function shapeAs(
  node: SourceNode,
  form: Form,
  path: readonly string[],
  report: Report,
): SourceNode | undefined {
  switch (form) {
    case 'any':
      return node;
    case 'text':
      return node.kind === 'scalar' ? asText(node) : undefined;
    case 'number':
      return node.kind === 'scalar' ? asNumber(node) : undefined;
    case 'flag':
      return node.kind === 'scalar' ? asFlag(node) : undefined;
    case 'words':
      return node.kind === 'scalar' ? asText(node) : asTexts(node, path, report);
    case 'texts':
      return asTexts(node.kind === 'scalar' ? listOf(node) : node, path, report);
    case 'list':
      return asItems(node.kind === 'scalar' ? listOf(node) : node, path, report);
    case 'pairs':
      return asPairs(node, path, report);
    case 'names':
      return asNames(node, path, report);
    case 'textOrMap':
      return node.kind === 'scalar' ? asText(node) : asMap(node, path, report);
    case 'map':
      return asMap(node, path, report);
  }
}

const shorter = `at most ${limits.valueLength} characters or ${limits.entries} entries`;

function isTooLong(node: SourceNode): boolean {
  if (node.kind === 'sequence') return node.items.length > limits.entries;
  if (node.kind === 'mapping') return node.entries.size > limits.entries;
  return typeof node.value === 'string' && node.value.length > limits.valueLength;
}

function asText(node: ScalarNode): ScalarNode {
  return typeof node.value === 'string' ? node : { ...node, value: String(node.value ?? '') };
}

function asNumber(node: ScalarNode): ScalarNode | undefined {
  if (node.open || typeof node.value === 'number') return node;
  const value =
    typeof node.value === 'string' && node.value.trim() !== '' ? Number(node.value) : NaN;
  return Number.isNaN(value) ? undefined : { ...node, value };
}

function asFlag(node: ScalarNode): ScalarNode | undefined {
  if (node.open || typeof node.value === 'boolean') return node;
  const value = truths.get(String(node.value).toLowerCase());
  return value === undefined ? undefined : { ...node, value };
}

function listOf(node: ScalarNode): SequenceNode {
  const { source, start, end } = node;
  return { kind: 'sequence', source, start, end, items: [node] };
}

function asTexts(
  node: SourceNode,
  path: readonly string[],
  report: Report,
): SequenceNode | undefined {
  if (node.kind !== 'sequence') return undefined;
  const items: SourceNode[] = [];
  for (const item of node.items) {
    if (isTooLong(item)) refuse(item, path, shorter, report);
    else if (item.kind === 'scalar' && item.value !== null) items.push(asText(item));
    else refuse(item, path, 'a text', report);
  }
  return { ...node, items };
}

function asItems(
  node: SourceNode,
  path: readonly string[],
  report: Report,
): SequenceNode | undefined {
  if (node.kind !== 'sequence') return undefined;
  const items: SourceNode[] = [];
  for (const item of node.items) {
    if (isTooLong(item)) refuse(item, path, shorter, report);
    else if (item.kind === 'scalar' && item.value !== null) items.push(asText(item));
    else if (item.kind === 'mapping') items.push(asItem(item, path, report));
    else refuse(item, path, 'a text or a map', report);
  }
  return { ...node, items };
}

function asItem(item: MappingNode, path: readonly string[], report: Report): MappingNode {
  const entries = new Map<string, MappingEntry>();
  for (const [name, entry] of item.entries) {
    // A path may be a list of paths: in include.
    const form = itemTexts.has(name)
      ? 'text'
      : itemFlags.has(name)
        ? 'flag'
        : name === 'path'
          ? 'words'
          : 'any';
    const value = shapeValue(entry.value, form, path, report);
    if (value) entries.set(name, { key: entry.key, value });
  }
  return { ...item, entries };
}

function asPairs(
  node: SourceNode,
  path: readonly string[],
  report: Report,
): MappingNode | undefined {
  if (node.kind === 'scalar') return undefined;
  const entries = new Map<string, MappingEntry>();
  if (node.kind === 'mapping') {
    for (const [name, entry] of node.entries) {
      if (entry.value.kind !== 'scalar') refuse(entry.value, [...path, name], 'a text', report);
      else if (isTooLong(entry.value)) refuse(entry.value, [...path, name], shorter, report);
      else {
        const value = entry.value.value === null ? entry.value : asText(entry.value);
        entries.set(name, { key: entry.key, value });
      }
    }
    return { ...node, entries };
  }
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.value === null || isTooLong(item)) {
      refuse(item, path, isTooLong(item) ? shorter : 'a text KEY=VALUE', report);
      continue;
    }
    const text = String(item.value);
    // Hosts may be written name:address too.
    const colon = path.at(-1) === 'extra_hosts' && !text.includes('=') ? ':' : '=';
    const at = text.indexOf(colon);
    // The key is what stands before the sign in the text as it is written, too.
    const written = item.written?.slice(item.written.indexOf(colon) + 1);
    entries.set(at < 0 ? text : text.slice(0, at), {
      key: item,
      value: {
        ...item,
        value: at < 0 ? null : text.slice(at + 1),
        ...(written === undefined ? {} : { written }),
      },
    });
  }
  const { source, start, end } = node;
  return { kind: 'mapping', source, start, end, entries };
}

function asNames(
  node: SourceNode,
  path: readonly string[],
  report: Report,
): MappingNode | undefined {
  if (node.kind === 'scalar') return undefined;
  const entries = new Map<string, MappingEntry>();
  if (node.kind === 'mapping') {
    for (const [name, entry] of node.entries) {
      const { value } = entry;
      if (value.kind === 'mapping' || (value.kind === 'scalar' && value.value === null)) {
        entries.set(name, entry);
      } else refuse(value, [...path, name], 'a map', report);
    }
    return { ...node, entries };
  }
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.value === null) refuse(item, path, 'a name', report);
    else entries.set(String(item.value), { key: item, value: { ...item, value: null } });
  }
  const { source, start, end } = node;
  return { kind: 'mapping', source, start, end, entries };
}

function asMap(node: SourceNode, path: readonly string[], report: Report): MappingNode | undefined {
  if (node.kind !== 'mapping') return undefined;
  const inner = path[0] === 'services' ? innerForms[path.slice(2).join('.')] : undefined;
  return inner ? shapeMap(node, inner, path, report) : node;
}

function refuse(node: SourceNode, path: readonly string[], wanted: string, report: Report): void {
  report(
    gapAt(node, {
      kind: 'schema',
      what: `${path.at(-1) ?? 'it'} has a value that Compose refuses`,
      hint: `Write ${wanted}.`,
      path,
    }),
  );
}
