import { isAlias, isMap, isPair, isScalar, isSeq, visit, type Document, type Node } from 'yaml';
import type { ErrorLocation, Problem } from '../error.ts';
import type { OpenForm } from './open-keys.ts';

/** The place of a node, for a message about a key. */
export type Locate = (node: unknown, key: string) => ErrorLocation;

/** One key of a map with its value. */
export interface Entry {
  name: string;
  key: Node;
  value: unknown;
}

/**
 * What could be read in two ways: tags, anchors, merge keys, directives, values to fill in. A
 * document without such a problem says the same to every YAML reader.
 */
export function notPlain(document: Document.Parsed, at: Locate): Problem[] {
  const problems: Problem[] = [];
  const refuse = (node: unknown, what: string, hint: string): void => {
    problems.push({ what, where: at(node, ''), hint });
  };
  if (
    document.directives.yaml.explicit === true ||
    Object.keys(document.directives.tags).length > 1
  ) {
    refuse(undefined, 'begins with a YAML directive', 'Take the lines that begin with % out.');
  }
  visit(document, {
    Node: (_key, node) => {
      const { anchor, tag } = node as { anchor?: string; tag?: string };
      if (isAlias(node) || anchor !== undefined) {
        refuse(node, 'uses an anchor or an alias', 'Write the value out in each place.');
      }
      if (tag !== undefined) {
        refuse(node, `has the tag ${tag}`, 'Write plain YAML: no key may be reset or replaced.');
      }
      if (isScalar(node) && typeof node.value === 'string') {
        if (/\p{Cc}/u.test(node.value.replace(/[\r\n\t]/g, ''))) {
          refuse(node, 'holds a control character', 'Take it out.');
        }
        if (/\$/.test(node.value.replaceAll('$$', ''))) {
          refuse(
            node,
            'has a dollar sign, with which Compose fills in a variable',
            'Values are final: write the value itself, and $$ for a dollar sign.',
          );
        }
      }
    },
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<') {
        refuse(pair.key, 'merges another map', 'Write the keys out.');
      }
    },
  });
  return problems;
}

/** The entries of a map whose keys are texts; a problem for whatever is no such map. */
export function entriesOf(node: unknown, at: Locate, path: string, problems: Problem[]): Entry[] {
  if (!isMap(node)) {
    problems.push({
      what: 'is not a map',
      where: at(node, path),
      hint: path === '' ? 'Begin with services:' : 'Write KEY: value, one on each line.',
    });
    return [];
  }
  return node.items.flatMap((pair): Entry[] => {
    if (isScalar(pair.key) && typeof pair.key.value === 'string') {
      return [{ name: pair.key.value, key: pair.key, value: pair.value }];
    }
    problems.push({
      what: 'has a key that is not a text',
      where: at(pair.key, path),
      hint: 'Put the key in quotes.',
    });
    return [];
  });
}

/** A value in the form of an open key, or in words what it is not. */
export type Read =
  { value: string | boolean | readonly string[] | Record<string, string> } | { wrong: string };

/** Reads a value in an open key's form. */
export function readForm(form: OpenForm, node: unknown): Read {
  switch (form) {
    case 'text': {
      const text = scalarText(node);
      return text === undefined ? { wrong: 'a text or number' } : { value: text };
    }
    case 'flag':
      return isScalar(node) && typeof node.value === 'boolean'
        ? { value: node.value }
        : { wrong: 'true or false' };
    case 'words': {
      if (isScalar(node) && typeof node.value === 'string') return { value: node.value };
      const items = isSeq(node) ? node.items.map(scalarText) : [undefined];
      return items.every((item) => item !== undefined)
        ? { value: items }
        : { wrong: 'a text or a list of texts' };
    }
    case 'variables':
    case 'hosts':
      return readTexts(node, form === 'variables' ? /^([^=]+)=([^]*)$/ : /^([^=:]+)[=:]([^]+)$/);
  }
}

/** A map of texts, or a list of `NAME=value`. A name without a value would take the caller's. */
function readTexts(node: unknown, line: RegExp): Read {
  const wrong = { wrong: 'a map of texts, or a list in which each entry has a name and a value' };
  const texts = new Map<string, string>();
  const items: readonly unknown[] = isMap(node) || isSeq(node) ? node.items : [undefined];
  for (const item of items) {
    const match = isPair(item) ? null : line.exec(scalarText(item) ?? '');
    const name = isPair(item) ? scalarText(item.key) : match?.[1];
    const value = isPair(item) ? scalarText(item.value) : match?.[2];
    if (name === undefined || value === undefined || texts.has(name)) return wrong;
    texts.set(name, value);
  }
  return { value: Object.fromEntries(texts) };
}

/** A scalar as it is written, `$$` being one dollar sign as for Compose; undefined for null. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  return text.replaceAll('$$', '$');
}
