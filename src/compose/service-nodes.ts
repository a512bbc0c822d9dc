import type { MappingEntry, MappingNode, SourceNode } from './source.ts';

/** A document with each service that extends one or names an `env_file` changed. */
export async function mapServices(
  document: MappingNode,
  change: (service: MappingNode, name: string) => Promise<MappingNode>,
): Promise<MappingNode> {
  const services = document.entries.get('services');
  if (services?.value.kind !== 'mapping') return document;
  const entries = new Map<string, MappingEntry>();
  let changed = false;
  for (const [name, entry] of services.value.entries) {
    const needs =
      entry.value.kind === 'mapping' &&
      (entry.value.entries.has('extends') || entry.value.entries.has('env_file'));
    // Without a promise where there is nothing to do: a document may have thousands of services.
    const value =
      needs && entry.value.kind === 'mapping' ? await change(entry.value, name) : entry.value;
    changed ||= value !== entry.value;
    entries.set(name, { key: entry.key, value });
  }
  if (!changed) return document;
  return {
    ...document,
    entries: new Map(document.entries).set('services', {
      key: services.key,
      value: { ...services.value, entries },
    }),
  };
}

/** The document without the services whose profiles are not asked for. */
export function chooseProfiles(
  root: MappingNode,
  profiles: readonly string[] | undefined,
): MappingNode {
  const services = root.entries.get('services');
  if (profiles === undefined || services?.value.kind !== 'mapping') return root;
  const entries = new Map(
    [...services.value.entries].filter(([, { value }]) => {
      const own = value.kind === 'mapping' ? value.entries.get('profiles')?.value : undefined;
      if (own?.kind !== 'sequence' || own.items.length === 0) return true;
      return own.items.some(
        (item) => item.kind === 'scalar' && profiles.includes(String(item.value)),
      );
    }),
  );
  const chosen = { key: services.key, value: { ...services.value, entries } };
  return { ...root, entries: new Map(root.entries).set('services', chosen) };
}

/** The texts of a key that takes one or a list of them. */
export function textsOf(node: SourceNode, name: string): string[] {
  const value = node.kind === 'mapping' ? node.entries.get(name)?.value : undefined;
  const items = value?.kind === 'sequence' ? value.items : value ? [value] : [];
  return items.flatMap((item) =>
    item.kind === 'scalar' && item.value !== null ? [String(item.value)] : [],
  );
}
