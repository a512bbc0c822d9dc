/** One piece of an HTML page as a browser's tokenizer sees it. */
export type HtmlToken =
  | { kind: 'text'; text: string }
  | { kind: 'open'; name: string; attributes: Readonly<Record<string, string>> }
  | { kind: 'close'; name: string };

const attribute = /\s+([a-z-]+)(?:="([^"]*)")?/y;

/**
 * Splits a page into tokens. Strict: whatever is not a tag in its plainest form (lower case,
 * attributes in double quotes) throws, so nothing can pass for text that a browser reads as a tag.
 */
export function tokenize(page: string): HtmlToken[] {
  const tokens: HtmlToken[] = [];
  let at = /^(ACTION\n)?<!doctype html>\n/.exec(page)?.[0].length ?? 0;
  while (at < page.length) {
    const next = page.indexOf('<', at);
    const end = next === -1 ? page.length : next;
    if (end > at) tokens.push({ kind: 'text', text: decode(page.slice(at, end)) });
    if (next === -1) break;
    const close = /^<\/([a-z][a-z0-9]*)>/.exec(page.slice(next));
    if (close) {
      tokens.push({ kind: 'close', name: close[1] ?? '' });
      at = next + close[0].length;
      continue;
    }
    const open = /^<([a-z][a-z0-9]*)/.exec(page.slice(next));
    if (!open) throw new Error(`not a tag: ${page.slice(next, next + 40)}`);
    const name = open[1] ?? '';
    const attributes: Record<string, string> = {};
    attribute.lastIndex = next + open[0].length;
    let last = attribute.lastIndex;
    for (let found = attribute.exec(page); found; found = attribute.exec(page)) {
      attributes[found[1] ?? ''] = decode(found[2] ?? '');
      last = attribute.lastIndex;
    }
    if (page[last] !== '>') throw new Error(`not a tag: ${page.slice(next, next + 80)}`);
    tokens.push({ kind: 'open', name, attributes });
    at = last + 1;
    if (name !== 'style') continue;
    const stop = page.indexOf('</style>', at);
    if (stop === -1) throw new Error('a style element without an end');
    tokens.push({ kind: 'text', text: page.slice(at, stop) });
    at = stop;
  }
  return tokens;
}

function decode(text: string): string {
  if (/&(?!#\d+;)/.test(text)) throw new Error(`an ampersand that is not escaped: ${text}`);
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
