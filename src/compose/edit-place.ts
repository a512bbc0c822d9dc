import { isScalar, isSeq, visit, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { contentEnd, pairEnd } from './edit-source.ts';
import { lineEndOf, lineStart, lineStop, type TextEdit } from './edit-text.ts';
import { formatValue, type PlainValue } from './yaml-value.ts';

/** A place that no edit can be made at without touching something else. */
export class NotEditable extends Error {}

/** Collects edits of one text. Everything it writes is a whole line, or within one. */
export class TextEditor {
  readonly text: string;
  readonly #shared: ReadonlySet<string>;
  readonly #eol: string;
  readonly #comments: boolean;
  /** Edits behind the content of a line go before those that add a line there. */
  readonly #inLine: TextEdit[] = [];
  readonly #lines: TextEdit[] = [];
  /** Comments behind one place, so that two of them become one. */
  readonly #suffixes = new Map<number, string[]>();

  /** @param comments False for a format that has none, such as JSON. */
  constructor(text: string, shared: ReadonlySet<string>, comments: boolean) {
    this.text = text;
    this.#shared = shared;
    this.#eol = lineEndOf(text);
    this.#comments = comments;
  }

  get edits(): TextEdit[] {
    const suffixes = [...this.#suffixes].map(([at, reasons]) => ({
      start: at,
      end: at,
      text: ` # ${[...new Set(reasons)].join('; ')}`,
    }));
    return [...this.#inLine, ...suffixes, ...this.#lines];
  }

  /** Refuses a node that another place names. */
  ownOnly(node: unknown): void {
    const names: string[] = [];
    if (typeof node === 'object' && node !== null) {
      visit(node as Node, {
        Node: (_, { anchor }) => {
          if (anchor !== undefined && this.#shared.has(anchor)) names.push(anchor);
        },
      });
    }
    if (names[0] !== undefined) throw new NotEditable(`others share it as &${names[0]}`);
  }

  /** A comment behind what ends at an offset, where the line has room for one. */
  comment(at: number, reason: string): void {
    if (!this.#comments) return;
    const rest = this.text.slice(at, lineStop(this.text, at));
    const place = /^[ \t]*(#|$)/.test(rest)
      ? at
      : rest.includes('#')
        ? null
        : at + rest.trimEnd().length;
    if (place === null) return;
    this.#suffixes.set(place, [...(this.#suffixes.get(place) ?? []), commentText(reason)]);
  }

  /** Replaces what stands at a range. */
  replace(start: number, end: number, text: string, reason: string): void {
    const before = this.text[start - 1];
    this.#inLine.push({ start, end, text: before === ':' || before === '-' ? ` ${text}` : text });
    this.comment(end, reason);
  }

  /** A new key at the end of a map. */
  addKey(map: YAMLMap, name: string, value: PlainValue, reason: string): void {
    const last = map.items.at(-1);
    if (map.flow || !last) {
      const pair = `${formatValue(name, undefined, false)}: ${formatValue(value, undefined, false)}`;
      this.#addToFlow(map, last ? pairEnd(last, 0) : null, pair, reason);
      return;
    }
    const indent = this.indentOf(startOf(map.items[0]));
    this.#addLine(pairEnd(last, 0), `${indent}${formatValue(name)}: ${formatValue(value)}`, reason);
  }

  /** New texts at the end of a list. */
  addItems(list: YAMLSeq, values: readonly string[], reason: string): void {
    const last = list.items.at(-1);
    const end = last === undefined ? null : contentEnd(last, 0);
    const quote = quoteOf(last, this.text);
    if (list.flow || end === null) {
      const items = values.map((value) => formatValue(value, quote, false)).join(', ');
      this.#addToFlow(list, end, items, reason);
      return;
    }
    const dash = list.range?.[0] ?? 0;
    if (this.text[dash] !== '-') throw new NotEditable('its list is written in an unusual way');
    const indent = this.indentOf(dash);
    for (const value of values)
      this.#addLine(end, `${indent}- ${formatValue(value, quote)}`, reason);
  }

  /** A comment line of its own, at the end of a map. */
  addCommentLine(map: YAMLMap, text: string): void {
    const last = map.items.at(-1);
    if (!last || map.flow || !this.#comments) return;
    this.#addLine(
      pairEnd(last, 0),
      `${this.indentOf(startOf(map.items[0]))}# ${commentText(text)}`,
      null,
    );
  }

  /** Makes comments of the lines of a key. */
  takeOutKey(map: YAMLMap, pair: Pair, reason: string): void {
    this.ownOnly(pair.value);
    const start = startOf(pair);
    if (map.items.length === 1) throw new NotEditable('nothing would be left in its map');
    if (map.flow) this.#takeOutOfFlow(map.items, map.items.indexOf(pair), startOf, pairEnd, reason);
    else this.#commentOut(start, pairEnd(pair, 0), reason);
  }

  /** Makes comments of the lines of some items of a list; never of all. */
  takeOutItems(list: YAMLSeq, indexes: readonly number[], reason: string): void {
    for (const index of indexes) {
      const item = list.items[index];
      this.ownOnly(item);
      if (list.flow) {
        if (indexes.length > 1) throw new NotEditable('several items of one line would go');
        this.#takeOutOfFlow(list.items, index, nodeStart, contentEnd, reason);
        continue;
      }
      const start = nodeStart(item);
      const line = lineStart(this.text, start);
      const before = /^([ \t]*)-[ \t]+$/.exec(this.text.slice(line, start));
      if (!before) throw new NotEditable('its list is written in an unusual way');
      this.#commentOut(line + (before[1]?.length ?? 0), contentEnd(item, start), reason);
    }
  }

  /** What stands before the first word of a line; refused where that is not the offset. */
  indentOf(offset: number): string {
    const before = this.text.slice(lineStart(this.text, offset), offset);
    // A map in a list begins behind its dash: further keys stand below the first one.
    if (!/^[ ]*(-[ ]+)?$/.test(before)) throw new NotEditable('it is written in an unusual way');
    return before.replace('-', ' ');
  }

  #addLine(after: number, line: string, reason: string | null): void {
    const full = reason !== null && this.#comments ? `${line} # ${commentText(reason)}` : line;
    const atLineStart = after > 0 && this.text[after - 1] === '\n';
    const at = atLineStart ? after : lineStop(this.text, after);
    this.#lines.push({
      start: at,
      end: at,
      text: atLineStart ? `${full}${this.#eol}` : `${this.#eol}${full}`,
    });
  }

  #addToFlow(node: YAMLMap | YAMLSeq, end: number | null, text: string, reason: string): void {
    const [start = 0, stop = 0] = node.range ?? [];
    const at = end ?? start + 1;
    this.#inLine.push({ start: at, end: at, text: end === null ? text : `, ${text}` });
    this.comment(stop, reason);
  }

  #takeOutOfFlow<Item>(
    items: readonly Item[],
    index: number,
    startOfItem: (item: Item) => number,
    endOfItem: (item: Item, fallback: number) => number,
    reason: string,
  ): void {
    const item = items[index] as Item;
    const before = items[index - 1];
    const after = items[index + 1];
    const start =
      before !== undefined && after === undefined ? endOfItem(before, 0) : startOfItem(item);
    const end = after === undefined ? endOfItem(item, 0) : startOfItem(after);
    if (this.text.slice(start, end).includes('#')) throw new NotEditable('a comment stands there');
    this.#inLine.push({ start, end, text: '' });
    this.comment(lineStop(this.text, end), reason);
  }

  #commentOut(start: number, end: number, reason: string): void {
    if (!this.#comments) throw new NotEditable('the format has no comments');
    const column = start - lineStart(this.text, start);
    if (this.text.slice(start - column, start).trim() !== '') {
      throw new NotEditable('it is written in an unusual way');
    }
    for (let line = start - column; line < end;) {
      const stop = lineStop(this.text, line);
      const content = this.text.slice(line, stop);
      if (content.trim() !== '') {
        const indent = /^[ \t]*/.exec(content)?.[0].length ?? 0;
        const at = line + Math.min(column, indent);
        this.#inLine.push({ start: at, end: at, text: '# ' });
      }
      const next = this.text.indexOf('\n', line);
      if (next < 0) break;
      line = next + 1;
    }
    const first = lineStop(this.text, start);
    this.#inLine.push({ start: first, end: first, text: ` # ${commentText(reason)}` });
  }
}

/** Quotes of a scalar, so that a value beside it or in its place is written alike. */
export function quoteOf(node: unknown, text: string): '"' | "'" | undefined {
  if (!isScalar(node)) return undefined;
  const first = text[node.range?.[0] ?? -1];
  return first === '"' || first === "'" ? first : undefined;
}

/** Where a key begins. */
export function startOf(pair: Pair | undefined): number {
  return (pair?.key as { range?: [number, number, number] } | null | undefined)?.range?.[0] ?? 0;
}

/** Where a value begins, behind its anchor and tag. */
export function nodeStart(node: unknown): number {
  return (node as { range?: [number, number, number] } | null | undefined)?.range?.[0] ?? 0;
}

/** True for a value on lines of its own, which cannot be replaced within a line. */
export function isBlock(node: unknown, text: string): boolean {
  if (isScalar(node)) return node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  if (isSeq(node) || (typeof node === 'object' && node !== null && 'items' in node)) {
    const { flow, range } = node as YAMLSeq;
    return !flow || text.slice(range?.[0], range?.[1]).includes('#');
  }
  return false;
}

function commentText(reason: string): string {
  // A control character would end the comment, or make the file one that YAML refuses.
  return reason.replaceAll(/[^\P{C}]|[\u2028\u2029\ufeff]/gu, ' ').trim();
}
