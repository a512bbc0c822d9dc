import {
  isAlias,
  isMap,
  isScalar,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** A Compose file's text with its syntax: which map a service has of its own, and what is shared. */
export interface EditableText {
  text: string;
  documents: readonly Document.Parsed[];
  /** Names of anchors that an alias or merge key names. */
  shared: ReadonlySet<string>;
}

/** Parses a text for editing; null where it has an error, so that no place in it is certain. */
export function parseEditable(text: string): EditableText | null {
  let documents;
  try {
    documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent' });
  } catch {
    // What a parser throws instead of reporting is as unfit for editing as what it reports.
    return null;
  }
  if ('empty' in documents || documents.some(({ errors }) => errors.length > 0)) return null;
  const shared = new Set<string>();
  for (const document of documents) {
    visit(document, {
      Alias: (_, { source }) => {
        shared.add(source);
      },
    });
  }
  const filled = documents.filter(
    ({ contents }) => contents !== null && !(isScalar(contents) && contents.value === null),
  );
  return { text, documents: filled, shared };
}

/** A service's place in a file. */
export interface ServicePlace {
  /** Which of the file's documents it stands in; empty ones are not counted. */
  document: number;
  /** The service's own map. */
  map: YAMLMap;
  /** Where the service's key begins, and where the next one does or the services end. */
  start: number;
  end: number;
  /** True where the map is in flow style or within a collection that is: no comment line fits in. */
  flow: boolean;
}

/**
 * Where a service stands in a file: in the last document that has a key of it, else in the first
 * one; or why it cannot be edited there; null where it is not in it.
 */
export function placeOfService(
  { documents, shared }: EditableText,
  service: string,
  key?: string,
): ServicePlace | { refused: string } | null {
  let refused: { refused: string } | null = null;
  let first: ServicePlace | null = null;
  let last: ServicePlace | null = null;
  for (const [index, document] of documents.entries()) {
    const top = document.contents;
    if (!isMap(top)) continue;
    const services = pairOf(top, 'services')?.value;
    if (isAlias(services)) refused = { refused: 'its services: is an alias' };
    if (!isMap(services)) continue;
    const found = pairOf(services, service);
    if (!found) continue;
    if (isAlias(found.value)) {
      refused = {
        refused: `the service is the alias *${found.value.source}: others share its map`,
      };
      continue;
    }
    if (!isMap(found.value)) {
      refused = { refused: 'the service has no map of its own' };
      continue;
    }
    const anchor = [services, found.value].find(
      (node) => node.anchor !== undefined && shared.has(node.anchor),
    )?.anchor;
    if (anchor !== undefined) {
      refused = { refused: `its map is the anchor &${anchor}, which other places share` };
      continue;
    }
    const next = indexOf(services).get(service)?.next;
    const nextKey = (next as { range?: [number, number, number] } | undefined)?.range?.[0];
    const place: ServicePlace = {
      document: index,
      map: found.value,
      start: found.key.range?.[0] ?? 0,
      end: nextKey ?? services.range?.[2] ?? 0,
      flow: [top, services, found.value].some((node) => node.flow === true),
    };
    first ??= place;
    if (key !== undefined && pairOf(found.value, key)) last = place;
  }
  return last ?? first ?? refused;
}

type KeyPair = Pair & { key: Scalar; value: unknown };

/** Keys of maps that were asked for: a file may have thousands of services. */
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, { pair: KeyPair; next: unknown }>>();

function indexOf(map: YAMLMap): ReadonlyMap<string, { pair: KeyPair; next: unknown }> {
  const known = indexes.get(map);
  if (known) return known;
  const index = new Map<string, { pair: KeyPair; next: unknown }>();
  for (const [at, pair] of map.items.entries()) {
    if (!isScalar(pair.key)) continue;
    const name = String(pair.key.value);
    if (!index.has(name)) index.set(name, { pair: pair as KeyPair, next: map.items[at + 1]?.key });
  }
  indexes.set(map, index);
  return index;
}

/** A key of a map that is written in it, not merged into it. */
export function pairOf(map: YAMLMap, name: string): KeyPair | undefined {
  return indexOf(map).get(name)?.pair;
}

/** Where the text of a value ends, without the comments and blank lines after it. */
export function contentEnd(node: unknown, fallback: number): number {
  if (isMap(node)) {
    if (node.flow) return node.range?.[1] ?? fallback;
    const last = node.items.at(-1);
    if (!last) return node.range?.[1] ?? fallback;
    return pairEnd(last, fallback);
  }
  if (typeof node === 'object' && node !== null && 'items' in node) {
    const list = node as { items: unknown[]; flow?: boolean; range?: [number, number, number] };
    if (list.flow || list.items.length === 0) return list.range?.[1] ?? fallback;
    return contentEnd(list.items.at(-1), list.range?.[0] ?? fallback);
  }
  const { range } = (node ?? {}) as { range?: [number, number, number] | null };
  return range?.[1] ?? fallback;
}

/** Where a key with its value ends. */
export function pairEnd(pair: Pair, fallback: number): number {
  const key = (pair.key as { range?: [number, number, number] } | null)?.range;
  return Math.max(contentEnd(pair.value, fallback), key?.[1] ?? 0);
}

/** The service that a service's map extends by its own word; null where there is none. */
export function baseOf(map: YAMLMap): string | null {
  const value = pairOf(map, 'extends')?.value;
  const name = isMap(value) ? pairOf(value, 'service')?.value : value;
  return isScalar(name) ? String(name.value) : null;
}
