import type { MappingEntry, ScalarNode, SourceNode } from './source.ts';

/** Values of variables by name. */
export type Variables = ReadonlyMap<string, string>;

/** A text after filling in; `open` names variables that have neither a value nor a default. */
export interface Filled {
  text: string;
  open: readonly string[];
}

const name = /[A-Za-z_][A-Za-z0-9_]*/y;
/** Defaults may hold variables in turn; a deeper one is left as it stands. */
const deepest = 16;
/** A value is cut here, beyond what a service's value may be. */
const mostFilled = 1024 * 1024;

/**
 * Fills in `$NAME`, `${NAME}` and the forms with `:-`, `-`, `:?`, `?`, `:+`, `+`; `$$` is a dollar.
 * https://docs.docker.com/reference/compose-file/interpolation/
 *
 * A variable without a value stays as it is written and is named in `open`: Compose would put an
 * empty text there, which nobody means.
 */
export function fillIn(text: string, variables: Variables, depth = 0): Filled {
  if (!text.includes('$')) return { text, open: [] };
  const open: string[] = [];
  const closing = closingBraces(text);
  let filled = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) break;
    filled += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      filled += '$';
      at = dollar + 2;
      continue;
    }
    name.lastIndex = dollar + (next === '{' ? 2 : 1);
    const found = name.exec(text)?.[0];
    const end = next === '{' ? (closing.get(dollar) ?? -1) : name.lastIndex;
    if (found === undefined || end < 0 || depth > deepest) {
      filled += '$';
      at = dollar + 1;
      continue;
    }
    const rest = next === '{' ? text.slice(dollar + 2 + found.length, end) : '';
    at = next === '{' ? end + 1 : end;
    const one = valueOf(found, rest, variables, depth);
    filled += one?.text ?? text.slice(dollar, at);
    for (const missing of one?.open ?? [found]) open.push(missing);
    // Values may hold a variable that is megabytes: nothing that long is anybody's.
    if (filled.length > mostFilled) return { text: filled.slice(0, mostFilled), open };
  }
  return { text: filled + text.slice(at), open };
}

/** The value of one variable with what follows its name in the braces; null where it has none. */
function valueOf(
  variable: string,
  rest: string,
  variables: Variables,
  depth: number,
): Filled | null {
  const value = variables.get(variable);
  const colon = rest.startsWith(':');
  const operator = rest[colon ? 1 : 0];
  const word = rest.slice(colon ? 2 : 1);
  const given = value !== undefined && !(colon && value === '');
  if (operator === '-' && !given) return fillIn(word, variables, depth + 1);
  if (operator === '+') return given ? fillIn(word, variables, depth + 1) : { text: '', open: [] };
  if (value === undefined || (operator === '?' && !given)) return null;
  return { text: value, open: [] };
}

/** By the place of each `${` the brace that closes it, found in one pass however they nest. */
function closingBraces(text: string): Map<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') open.push(at - 1);
    else if (text[at] === '}') {
      const opened = open.pop();
      if (opened !== undefined) closing.set(opened, at);
    }
  }
  return closing;
}

/**
 * A node with the variables of its values filled in; keys are left alone, as Compose leaves them.
 * What has no variable in it is the same node, not a copy.
 *
 * @param onOpen told of each value in which a variable stays without a value
 * @param onFilled told of the length of each value that variables were put into
 */
export function interpolate(
  node: SourceNode,
  variables: Variables,
  onOpen: (node: ScalarNode, names: readonly string[]) => void,
  onFilled: (length: number, node: ScalarNode) => void = () => undefined,
): SourceNode {
  // An alias is the anchor's own node: done once, however often it is named.
  const done = new Map<SourceNode, SourceNode>();
  const visit = (one: SourceNode): SourceNode => {
    const known = done.get(one);
    if (known) return known;
    const result = replace(one);
    if (one.kind !== 'scalar') done.set(one, result);
    return result;
  };
  const replace = (one: SourceNode): SourceNode => {
    if (one.kind === 'scalar') {
      if (typeof one.value !== 'string' || !one.value.includes('$')) return one;
      // Longer than any value of a service may be: refused there, and plain text elsewhere.
      if (one.value.length > mostFilled) return one;
      const { text, open } = fillIn(one.value, variables);
      onFilled(text.length, one);
      if (open.length === 0) return { ...one, value: text, written: one.value };
      const result: ScalarNode = { ...one, value: text, written: one.value, open: true };
      onOpen(result, open);
      return result;
    }
    if (one.kind === 'sequence') {
      const items = one.items.map(visit);
      return items.every((item, index) => item === one.items[index]) ? one : { ...one, items };
    }
    let changed = false;
    const entries = new Map<string, MappingEntry>();
    for (const [key, entry] of one.entries) {
      const value = visit(entry.value);
      changed ||= value !== entry.value;
      entries.set(key, value === entry.value ? entry : { key: entry.key, value });
    }
    return changed ? { ...one, entries } : one;
  };
  return visit(node);
}
