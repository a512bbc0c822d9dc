import type { ErrorLocation, Problem } from '../error.ts';

/** The quotation mark around a value as it stands in the file; empty: none. */
export type Quote = '' | "'" | '"' | '`';

/** One `KEY=value` of a `.env` file, with its place in the text. */
export interface EnvEntry {
  key: string;
  /** The value with its quotes removed and its escapes applied. */
  value: string;
  quote: Quote;
  /** 1-based position of the key; columns count UTF-16 code units, as editors do. */
  line: number;
  column: number;
  /** Offsets into the text: the entry's whole lines without the last line end. */
  start: number;
  end: number;
  /** Offsets of the value as written, quotes included; both right after `=` where it is empty. */
  valueStart: number;
  valueEnd: number;
}

/** What a scan found; `entries` is complete only where there are no problems. */
export interface EnvScan {
  entries: readonly EnvEntry[];
  problems: readonly Problem[];
}

/** The longest value, in bytes of UTF-8. */
export const maximumValueBytes = 64 * 1024;

/** The names that a `.env` file may give: what every shell and Compose accept. */
export const keyPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

const byteOrderMark = '\uFEFF';
const lineEnd = /\r\n|\n|\r/g;
/** White space that does not end a line; U+2028 and U+2029 do so for dotenv. */
const blank = /[^\S\r\n\u2028\u2029]*/y;
const oddLineEnd = /[\u2028\u2029]/;
const hints = {
  shape:
    'Write NAME=value on one line, put a value of several lines in quotes, and begin a comment with #.',
  name: 'A name has letters, digits and _, and does not begin with a digit.',
  quote: 'Close the quote, or use another kind of quote if the value itself holds this one.',
};

/**
 * Whether text that stands where a name should be may be shown in an error. The stray end of an
 * unquoted key or certificate can look like `NAME=`; a name in one case is not such a piece.
 */
export function isShowableName(name: string): boolean {
  return name.length <= 61 && (/^[A-Z_][A-Z0-9_.-]*$/.test(name) || /^[a-z_][a-z_.-]*$/.test(name));
}

/**
 * Reads the text of a `.env` file: all entries with their positions, and every problem.
 *
 * The accepted notation is the part of dotenv's that has one reading
 * (https://github.com/motdotla/dotenv, its LINE expression): unquoted, '…', "…" with \n and \r,
 * `…`, an `export ` prefix, `#` comments, values in quotes over several lines. Whatever dotenv
 * would skip in silence or read by guessing is a problem instead. Nothing is ever expanded.
 * Problems tell lengths and positions, never a piece of a value.
 */
export function scanEnv(text: string, file: string): EnvScan {
  const entries: EnvEntry[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  const unclosed = new Set<string>();
  const begin = text.startsWith(byteOrderMark) ? 1 : 0;
  const lineStarts = [
    begin,
    ...Array.from(text.matchAll(lineEnd), (end) => end.index + end[0].length),
  ];
  let lineIndex = 0;
  /** True after an unterminated quote: the lines below are likely still part of that value. */
  let insideLostValue = false;

  const startOf = (index: number): number => lineStarts[index] ?? text.length;
  const endOf = (offset: number): number => {
    const found = text.slice(offset).search(/[\r\n]/);
    return found === -1 ? text.length : offset + found;
  };
  const place = (offset: number, key?: string): ErrorLocation => {
    let index = lineIndex;
    while (index + 1 < lineStarts.length && startOf(index + 1) <= offset) index += 1;
    const column = offset - startOf(index) + 1;
    return {
      file,
      line: index + 1,
      column,
      ...(key !== undefined && isShowableName(key) ? { key } : {}),
    };
  };
  const report = (what: string, offset: number, key?: string, hint = hints.shape): void => {
    problems.push({ what, where: place(offset, key), hint });
  };
  /** Problems of a piece of text as a whole, whatever it says. */
  const checkCharacters = (
    from: number,
    to: number,
    outsideQuotes: boolean,
    key?: string,
  ): void => {
    const piece = text.slice(from, to);
    const nul = piece.indexOf('\0');
    if (nul !== -1) {
      report(
        'a NUL byte in the text',
        from + nul,
        key,
        'Remove the byte; a .env file is plain text.',
      );
    }
    const odd = outsideQuotes ? piece.search(oddLineEnd) : -1;
    if (odd !== -1) {
      report(
        'an invisible line separator (U+2028 or U+2029) outside quotes',
        from + odd,
        key,
        'Remove it, or put the value in quotes.',
      );
    }
  };

  while (lineIndex < lineStarts.length) {
    const start = startOf(lineIndex);
    let end = endOf(start);
    const line = text.slice(start, end);
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) {
      checkCharacters(start, end, true);
      lineIndex += 1;
      continue;
    }

    const hash = line.indexOf('#');
    const equals = line.indexOf('=');
    if (equals === -1 || (hash !== -1 && hash < equals)) {
      if (!insideLostValue) {
        report(`a line of ${trimmed.length} characters without =`, start + line.indexOf(trimmed));
        checkCharacters(start, end, true);
      }
      lineIndex += 1;
      continue;
    }

    const beforeEquals = line.slice(0, equals).trim();
    const key = beforeEquals.replace(/^export[^\S\r\n]+/, '');
    const keyStart = start + line.indexOf(beforeEquals) + beforeEquals.length - key.length;
    const goodKey = keyPattern.test(key);
    if (insideLostValue && !/^[A-Z_][A-Z0-9_]*$/.test(key)) {
      lineIndex += 1;
      continue;
    }
    insideLostValue = false;
    if (key === '') {
      report('no name before =', start + equals);
    } else if (!goodKey) {
      const at = /^[0-9]/.test(key) ? 0 : key.search(/[^A-Za-z0-9_]/);
      const character = JSON.stringify(String.fromCodePoint(key.codePointAt(at) ?? 0));
      const what =
        at === 0 && /^[0-9]/.test(key)
          ? 'a name that begins with a digit'
          : `the character ${character} in a name`;
      report(what, keyStart + at, key, hints.name);
    }

    let valueStart = skipBlank(text, start + equals + 1);
    let valueEnd: number;
    let value: string | undefined;
    const mark = text[valueStart];
    const quote: Quote = mark === "'" || mark === '"' || mark === '`' ? mark : '';
    if (quote === '') {
      const comment = text.slice(valueStart, end).indexOf('#');
      const raw = text.slice(valueStart, comment === -1 ? end : valueStart + comment);
      value = raw.trim();
      if (value === '') valueStart = start + equals + 1;
      valueEnd = valueStart + value.length;
      checkCharacters(start, end, true, key);
    } else {
      const close = unclosed.has(quote) ? -1 : closingQuote(text, valueStart + 1, quote);
      if (close === -1) unclosed.add(quote);
      const sameLine = close !== -1 && close < end;
      const closeLineEnd = close === -1 ? end : endOf(close);
      const after = close === -1 ? end : skipBlank(text, close + 1);
      const clean = close !== -1 && (after === closeLineEnd || text[after] === '#');
      if (!clean && sameLine) {
        report('text after the closing quote', after, key, hints.quote);
      } else if (!clean) {
        report(`an unterminated ${quote} quote`, valueStart, key, hints.quote);
        insideLostValue = true;
      } else {
        end = closeLineEnd;
        value = unquote(text.slice(valueStart + 1, close), quote);
        checkCharacters(start, close, false, key);
        checkCharacters(close, end, true, key);
      }
      valueEnd = close + 1;
    }

    const size = value === undefined ? 0 : new TextEncoder().encode(value).length;
    if (size > maximumValueBytes) {
      report(
        `a value of ${size} bytes; ${maximumValueBytes} is the most`,
        valueStart,
        key,
        'Keep large content in a file of its own.',
      );
    }
    if (goodKey) {
      const first = seen.get(key);
      const { line: keyLine = 0, column = 0 } = place(keyStart);
      if (first !== undefined) {
        report(
          `${isShowableName(key) ? key : 'the same name'} is set twice, on line ${first} and on line ${keyLine}`,
          keyStart,
          key,
          'Keep one of the two lines.',
        );
      } else {
        seen.set(key, keyLine);
        if (value !== undefined) {
          entries.push({
            key,
            value,
            quote,
            line: keyLine,
            column,
            start,
            end,
            valueStart,
            valueEnd,
          });
        }
      }
    }
    while (lineIndex < lineStarts.length && startOf(lineIndex) <= end) lineIndex += 1;
  }
  return { entries, problems };
}

function skipBlank(text: string, from: number): number {
  blank.lastIndex = from;
  return from + (blank.exec(text)?.[0].length ?? 0);
}

/** The first such quote that no backslash precedes; -1 where the text has none. */
function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at > from && text[at - 1] === '\\') at = text.indexOf(quote, at + 1);
  return at;
}

/** dotenv keeps a backslash before a quote and knows \n and \r in double quotes only. */
function unquote(inner: string, quote: Quote): string {
  const text = inner.replace(/\r\n?/g, '\n');
  return quote === '"' ? text.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : text;
}
