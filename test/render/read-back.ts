import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import type { Format } from '../../src/render/quote.ts';
import { tokenize } from './html.ts';

/** The values of a file by their place in it: two files of one structure have the same places. */
export type Leaves = ReadonlyMap<string, string>;

/** Reads a rendered file back by the grammar of its format. Throws where it breaks that grammar. */
export function leavesOf(format: Format | 'compose', content: string): Leaves {
  switch (format) {
    case 'compose':
      return flat(withoutDollars(parseYaml(content)));
    case 'yaml':
      return flat(parseYaml(content));
    case 'json':
      return flat(JSON.parse(content));
    case 'toml':
      return flat(parseToml(content));
    case 'html': {
      // Go's actions are texts of their own to the page: they are what they were.
      const actions = content.match(/\{\{[^]*?\}\}/g) ?? [];
      const tokens = tokenize(content.replace(/\{\{[^]*?\}\}/g, 'ACTION'));
      return flat({ tokens, actions });
    }
    case 'ini':
      return flat(lines(content, (line) => words(line, { '"': '\\' }, '')));
    case 'redis':
      return flat(lines(content, redisWords));
    case 'haproxy':
      return flat(lines(content, (line) => words(line, { "'": '', '"': '\\' }, '\\')));
    case 'postgres':
      return flat(lines(content, (line) => words(line, { "'": "'\\" }, '')));
    case 'hba':
      return flat(lines(content, (line) => words(line, { '"': '"' }, '')));
    case 'shell':
      return flat(lines(content, (line) => words(line, { "'": '' }, '\\')));
    case 'nginx':
      return flat(lines(content, (line) => words(line, { '"': '\\', "'": '\\' }, '\\')));
    case 'acl':
      return flat(lines(content, (line) => line.split(' ').filter(Boolean)));
    case 'text':
      return flat(content.split('\n'));
    case 'sql':
      return flat(content.split(/'((?:[^']|'')*)'/).map((part) => part.replaceAll("''", "'")));
    case 'css':
      return flat(
        content
          .split(/"((?:[^"\\\n]|\\[0-9a-f]{1,6} )*)"/u)
          .map((part) =>
            part.replace(/\\([0-9a-f]{1,6}) /g, (_, code: string) =>
              String.fromCodePoint(Number.parseInt(code, 16)),
            ),
          ),
      );
  }
}

/** Every scalar under its path; an empty map or list is a place of its own. */
function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null) {
    // With its type: a text that became a number is another value.
    into.set(path, typeof value === 'string' ? value : `${typeof value} ${String(value)}`);
    return into;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) into.set(path, Array.isArray(value) ? '[]' : '{}');
  for (const [key, item] of entries) flat(item, `${path}/${key}`, into);
  return into;
}

/** What Compose makes of a value; a single dollar would be filled in from the environment. */
function withoutDollars(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.replaceAll('$$', '').includes('$')) throw new Error(`would be filled in: ${value}`);
    return value.replaceAll('$$', '$');
  }
  if (Array.isArray(value)) return value.map(withoutDollars);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutDollars(item)]),
  );
}

function lines(content: string, read: (line: string) => string[]): string[][] {
  // Where a quoted text could hold a line end, its format has refused it.
  return content.split('\n').map(read);
}

/**
 * Splits a line at blanks as programs do that know quotes: by each quote, the characters that escape
 * the next one inside of it; and what escapes one outside. A comment ends the line.
 */
function words(line: string, quotes: Readonly<Record<string, string>>, outside: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    const escapes = quotes[char];
    if (escapes !== undefined) {
      word ??= '';
      for (at++; ; at++) {
        if (at >= line.length) throw new Error(`a quote does not end: ${line}`);
        const inner = line.charAt(at);
        if (escapes.includes(inner) && (inner !== char || line.charAt(at + 1) === char)) {
          word += line.charAt(++at);
        } else if (inner === char) break;
        else word += inner;
      }
    } else if (outside !== '' && char === outside) word = (word ?? '') + line.charAt(++at);
    else if (char === '#' && word === null) break;
    else if (char === ' ' || char === '\t') {
      if (word !== null) found.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (word !== null) found.push(word);
  return found;
}

/** sdssplitargs: double quotes with \xHH for single bytes. */
function redisWords(line: string): string[] {
  const found = line.match(/"(?:[^"\\]|\\x[0-9a-f]{2})*"|[^\s"]+/g) ?? [];
  if (found.join(' ') !== line.trim()) throw new Error(`not a line of redis.conf: ${line}`);
  return found.map((word) => {
    if (!word.startsWith('"')) return word;
    const bytes = word
      .slice(1, -1)
      .replace(/\\x([0-9a-f]{2})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      );
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
