import type { MappingNode, SourceNode } from './source.ts';

/** A node as plain values. A node that is named in several places is one object in all of them. */
export function plainValue(node: SourceNode, done = new Map<SourceNode, unknown>()): unknown {
  if (node.kind === 'scalar') return node.value;
  const known = done.get(node);
  if (known !== undefined) return known;
  if (node.kind === 'sequence') {
    const list = node.items.map((item) => plainValue(item, done));
    done.set(node, list);
    return list;
  }
  const map: Record<string, unknown> = {};
  for (const [name, entry] of node.entries) {
    const value = plainValue(entry.value, done);
    if (name !== '__proto__') map[name] = value;
    // To assign it would not make a property.
    else
      Object.defineProperty(map, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
  }
  done.set(node, map);
  return map;
}

/** How many values a node stands for when every alias is written out. */
export function writtenOutSize(node: SourceNode, done = new Map<SourceNode, number>()): number {
  if (node.kind === 'scalar') return 1;
  const known = done.get(node);
  if (known !== undefined) return known;
  let size = 1;
  if (node.kind === 'sequence') for (const item of node.items) size += writtenOutSize(item, done);
  else for (const entry of node.entries.values()) size += writtenOutSize(entry.value, done);
  done.set(node, size);
  return size;
}

/** The node at a path, or the nearest one above it; a key's own place where `key` asks for it. */
export function nodeAt(
  root: MappingNode,
  path: readonly string[],
): Pick<SourceNode, 'source' | 'start' | 'end'> {
  let node: SourceNode = root;
  let place: Pick<SourceNode, 'source' | 'start' | 'end'> = root;
  for (const name of path) {
    if (node.kind === 'mapping') {
      const entry: { key: typeof place; value: SourceNode } | undefined = node.entries.get(name);
      if (!entry) return place;
      place = entry.key;
      node = entry.value;
    } else if (node.kind === 'sequence') {
      const item: SourceNode | undefined = node.items[Number(name)];
      if (!item) return place;
      place = item;
      node = item;
    } else return place;
  }
  return place;
}

/** Where a single value comes from. */
export interface ValueOrigin {
  /** As it stands in its file, with its variables. */
  written: string;
  /** True for a value of a file that `env_file` names. */
  fromEnvFile: boolean;
}

/** The origin of the single value at a path; undefined where there is none. */
export function originOf(root: MappingNode, path: readonly string[]): ValueOrigin | undefined {
  let node: SourceNode | undefined = root;
  for (const name of path) {
    if (node?.kind === 'mapping') node = node.entries.get(name)?.value;
    else if (node?.kind === 'sequence') node = node.items[Number(name)];
    else return undefined;
  }
  if (node?.kind !== 'scalar' || node.value === null) return undefined;
  return {
    written: node.written ?? String(node.value),
    fromEnvFile: node.fromEnvFile ?? false,
  };
}

/** The keys of each service in which a variable has no value. */
export function openKeys(root: MappingNode): Map<string, ReadonlySet<string>> {
  const open = new Map<string, ReadonlySet<string>>();
  const services = root.entries.get('services')?.value;
  if (services?.kind !== 'mapping') return open;
  const done = new Map<SourceNode, boolean>();
  for (const [name, { value }] of services.entries) {
    if (value.kind !== 'mapping') continue;
    const keys = [...value.entries].filter(([, entry]) => isOpen(entry.value, done));
    if (keys.length > 0) open.set(name, new Set(keys.map(([key]) => key)));
  }
  return open;
}

function isOpen(node: SourceNode, done: Map<SourceNode, boolean>): boolean {
  if (node.kind === 'scalar') return node.open === true;
  const known = done.get(node);
  if (known !== undefined) return known;
  const found =
    node.kind === 'sequence'
      ? node.items.some((item) => isOpen(item, done))
      : [...node.entries.values()].some((entry) => isOpen(entry.value, done));
  done.set(node, found);
  return found;
}
