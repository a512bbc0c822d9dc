import type { MappingEntry, MappingNode, SourceNode } from './source.ts';

/** A map with the value of one key changed; the same map where there is no such key, or it stays. */
export function changeValueOf(
  node: MappingNode,
  key: string,
  change: (value: SourceNode) => SourceNode,
): MappingNode {
  const entry = node.entries.get(key);
  const value = entry && change(entry.value);
  if (!entry || value === undefined || value === entry.value) return node;
  return { ...node, entries: new Map(node.entries).set(key, { key: entry.key, value }) };
}

/** A map with each of its values changed; what is no map, and a map in which all stay, as it is. */
export function changeEach(
  node: SourceNode,
  change: (value: SourceNode, name: string) => SourceNode,
): SourceNode {
  if (node.kind !== 'mapping') return node;
  let isChanged = false;
  const entries = new Map<string, MappingEntry>();
  for (const [name, entry] of node.entries) {
    const value = change(entry.value, name);
    isChanged ||= value !== entry.value;
    entries.set(name, value === entry.value ? entry : { key: entry.key, value });
  }
  return isChanged ? { ...node, entries } : node;
}
