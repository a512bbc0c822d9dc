import { serviceKeys, type Form } from './service-keys.ts';
import type { MappingEntry, MappingNode, ScalarNode, SourceNode } from './source.ts';

/**
 * A Compose document with another one over it, by Compose's rules: maps key by key, lists one
 * after the other, single values and commands replaced; entries of `ports` and of mounts that are
 * about the same thing replaced; `!reset` takes away, `!override` replaces. Both are in the form
 * that `shapeDocument` gives.
 * https://docs.docker.com/reference/compose-file/merge/
 */
export function mergeDocuments(base: MappingNode, over: MappingNode): MappingNode {
  return mergeMaps(base, over, (name, before, after) =>
    name === 'services' && before.kind === 'mapping' && after.kind === 'mapping'
      ? mergeMaps(before, after, (_, one, two) =>
          one.kind === 'mapping' && two.kind === 'mapping' ? mergeServices(one, two) : two,
        )
      : mergeValues(before, after, 'any'),
  );
}

/** A service with another one over it. */
export function mergeServices(base: MappingNode, over: MappingNode): MappingNode {
  return mergeMaps(base, over, (name, before, after) =>
    mergeValues(before, after, serviceKeys[name] ?? 'any', name),
  );
}

type MergeEntry = (name: string, before: SourceNode, after: SourceNode) => SourceNode;

function mergeMaps(base: MappingNode, over: MappingNode, mergeEntry: MergeEntry): MappingNode {
  const entries = new Map<string, MappingEntry>(base.entries);
  for (const [name, entry] of over.entries) {
    const before = entries.get(name);
    if (entry.value.tag === '!reset') entries.delete(name);
    else if (!before || entry.value.tag === '!override') entries.set(name, entry);
    else {
      entries.set(name, { key: entry.key, value: mergeEntry(name, before.value, entry.value) });
    }
  }
  return { ...over, entries };
}

function mergeValues(before: SourceNode, after: SourceNode, form: Form, key = ''): SourceNode {
  if (form === 'words') return after;
  if (before.kind === 'mapping' && after.kind === 'mapping') {
    return mergeMaps(before, after, (name, one, two) =>
      mergeValues(one, two, name === 'test' ? 'words' : 'any', name),
    );
  }
  if (before.kind !== 'sequence' || after.kind !== 'sequence') return after;
  const items = new Map<string, SourceNode>();
  for (const item of [...before.items, ...after.items]) {
    const name = identityOf(item, key) ?? `#${items.size}`;
    // The later entry stands where the earlier one stood.
    items.set(name, item);
  }
  return { ...after, items: [...items.values()] };
}

/** What makes two entries of a list be about the same thing; null where none ever is. */
function identityOf(item: SourceNode, key: string): string | null {
  if (item.kind === 'scalar') {
    const text = String(item.value);
    return key === 'volumes' || key === 'devices' ? mountTarget(text) : text;
  }
  if (item.kind !== 'mapping') return null;
  const text = (name: string): string => {
    const value = item.entries.get(name)?.value as ScalarNode | undefined;
    return value?.kind === 'scalar' ? String(value.value) : '';
  };
  switch (key) {
    case 'volumes':
    case 'devices':
      return text('target') || null;
    case 'secrets':
    case 'configs':
      return text('source') || null;
    case 'ports':
      return ['host_ip', 'published', 'target', 'protocol'].map(text).join('|');
    default:
      return null;
  }
}

/** The path in the container of `source:target:options`, or of a target alone. */
function mountTarget(text: string): string {
  const parts = text.split(':');
  return parts[1] ?? parts[0] ?? text;
}
