import {
  CORE_SCHEMA,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from 'js-yaml';
import { gapAt, type Gap } from './gap.ts';
import { limits, refuseTooManyValues } from './limits.ts';
import type { MappingEntry, ScalarNode, SourceFile, SourceNode } from './source.ts';
import { unreadable, UnreadableYaml } from './unreadable-yaml.ts';

export { UnreadableYaml };

/** What a text held. */
export interface ParsedYaml {
  /** One node for each document; an empty one is left out. */
  documents: SourceNode[];
  gaps: Gap[];
}

/**
 * Reads YAML 1.2 with the core schema and merge keys, as Compose does, and keeps where each value
 * stands. An alias is the anchor's own node, so that no text can grow by naming it often. Throws
 * {@link UnreadableYaml}.
 */
export function parseYaml(source: SourceFile): ParsedYaml {
  refuseTooManyValues(source);
  let events: Event[];
  try {
    events = parseEvents(source.text, { maxDepth: limits.depth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { position = 0 } = (error.mark ?? {}) as { position?: number };
    throw unreadable(source, position, `is not YAML: ${error.reason}`);
  }
  return new Builder(source, events).build();
}

/** Turns the parser's flat events into nodes. */
class Builder {
  readonly #source: SourceFile;
  readonly #events: readonly Event[];
  readonly #gaps: Gap[] = [];
  #anchors = new Map<string, { node: SourceNode; height: number }>();
  /** Levels below and with the node that was read last. */
  #height = 0;
  #at = 0;
  #merged = 0;

  constructor(source: SourceFile, events: readonly Event[]) {
    this.#source = source;
    this.#events = events;
  }

  build(): ParsedYaml {
    const documents: SourceNode[] = [];
    while (this.#at < this.#events.length) {
      this.#at++;
      this.#anchors = new Map();
      if (this.#events[this.#at]?.type !== EVENT_ID.POP) {
        const node = this.#node();
        if (node.kind !== 'scalar' || node.value !== null) documents.push(node);
      }
      this.#at++;
    }
    return { documents, gaps: this.#gaps };
  }

  #node(): SourceNode {
    const event = this.#events[this.#at++];
    if (event?.type === EVENT_ID.SCALAR) return this.#scalar(event);
    if (event?.type === EVENT_ID.ALIAS) {
      const name = this.#source.text.slice(event.anchorStart, event.anchorEnd);
      const found = this.#anchors.get(name);
      if (found) {
        this.#height = found.height;
        return found.node;
      }
      // Also where a value names itself: its anchor is known once it is whole.
      throw unreadable(this.#source, event.anchorStart, `names the unknown anchor ${name}`);
    }
    if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) {
      throw unreadable(this.#source, 0, 'ends where a value should be');
    }
    const start = event.start;
    const node: SourceNode =
      event.type === EVENT_ID.SEQUENCE
        ? { kind: 'sequence', source: this.#source, start, end: start, items: this.#items() }
        : { kind: 'mapping', source: this.#source, start, end: start, entries: this.#entries() };
    node.end = Math.max(start, this.#lastEnd);
    return this.#named(node, event);
  }

  #lastEnd = 0;

  #scalar(event: ScalarEvent): ScalarNode {
    this.#height = 1;
    const text = getScalarValue(this.#source.text, event);
    const quoted =
      event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    // An empty value stands nowhere; its place is the end of what comes before it.
    const start = event.valueStart < 0 ? this.#lastEnd : event.valueStart - (quoted ? 1 : 0);
    const end = event.valueEnd < 0 ? start : event.valueEnd + (quoted ? 1 : 0);
    this.#lastEnd = end;
    // Compose's own tags say what to do with a value, not what it is.
    const explicit = this.#source.text.startsWith('!!', event.tagStart);
    const value =
      event.style !== SCALAR_STYLE.PLAIN || (event.tagStart >= 0 && explicit)
        ? text
        : (CORE_SCHEMA.resolveImplicitScalarTag(text).value as ScalarNode['value']);
    return this.#named({ kind: 'scalar', source: this.#source, start, end, value }, event);
  }

  /** Keeps a node's tag, and its anchor for the aliases after it. */
  #named<Node extends SourceNode>(
    node: Node,
    event: { anchorStart: number; anchorEnd: number; tagStart: number; tagEnd: number },
  ): Node {
    if (event.tagStart >= 0) node.tag = this.#source.text.slice(event.tagStart, event.tagEnd);
    if (event.anchorStart >= 0) {
      const name = this.#source.text.slice(event.anchorStart, event.anchorEnd);
      this.#anchors.set(name, { node, height: this.#height });
    }
    return node;
  }

  #items(): SourceNode[] {
    const items: SourceNode[] = [];
    let height = 0;
    while (this.#events[this.#at]?.type !== EVENT_ID.POP) {
      items.push(this.#node());
      height = Math.max(height, this.#height);
    }
    this.#at++;
    this.#rise(height);
    return items;
  }

  /** Anchors can nest without end where each holds an alias of the one before it. */
  #rise(height: number): void {
    this.#height = height + 1;
    if (height < limits.depth) return;
    const what = `nests its anchors more than ${limits.depth} levels deep`;
    throw unreadable(this.#source, this.#lastEnd, what);
  }

  #entries(): Map<string, MappingEntry> {
    const entries = new Map<string, MappingEntry>();
    const merges: { key: SourceNode; value: SourceNode }[] = [];
    let height = 0;
    while (this.#events[this.#at]?.type !== EVENT_ID.POP) {
      const key = this.#node();
      height = Math.max(height, this.#height);
      const value = this.#node();
      height = Math.max(height, this.#height);
      if (key.kind !== 'scalar') {
        this.#refuse(key, 'has a key that is a list or a map', 'Write a plain text as the key.');
        continue;
      }
      const name = String(key.value ?? '');
      if (name.length > limits.keyLength) {
        const hint = 'Write a shorter one.';
        this.#refuse(key, `has a key of more than ${limits.keyLength} characters`, hint);
        continue;
      }
      if (name === '<<' && key.end - key.start === 2) {
        merges.push({ key, value });
        continue;
      }
      if (entries.has(name)) {
        this.#refuse(key, `has the key ${name} twice`, 'Compose refuses the file: keep one.');
      }
      entries.set(name, { key, value });
    }
    this.#at++;
    this.#rise(height);
    for (const merge of merges) this.#merge(entries, merge);
    return entries;
  }

  /** What a merge key brings in gives way to what the map says itself, and to earlier merges. */
  #merge(
    entries: Map<string, MappingEntry>,
    { key, value }: { key: SourceNode; value: SourceNode },
  ): void {
    const sources: readonly SourceNode[] = value.kind === 'sequence' ? value.items : [value];
    for (const source of sources) {
      if (source.kind !== 'mapping') {
        this.#refuse(key, 'merges what is no map', 'Name the anchor of a map after <<.');
        continue;
      }
      this.#merged += source.entries.size;
      if (this.#merged > limits.mergedKeys) {
        throw unreadable(this.#source, key.start, `merges more than ${limits.mergedKeys} keys`);
      }
      for (const [name, entry] of source.entries) {
        if (!entries.has(name)) entries.set(name, entry);
      }
    }
  }

  #refuse(node: SourceNode, what: string, hint: string): void {
    this.#gaps.push(gapAt(node, { kind: 'schema', what, hint }));
  }
}
