import type { SourceFile } from './source.ts';
import { unreadable } from './unreadable-yaml.ts';

/**
 * Bounds that no stack of people's comes near and that every hostile one runs into: with them an
 * audit stays below 512 MiB and ten seconds, whatever the files hold.
 */
export const limits = {
  /** Nesting of values, with what an alias stands for. */
  depth: 64,
  /** Characters that may begin a value, in one file: ten thousand services with thirty keys fit. */
  marks: 1_000_000,
  /** UTF-16 units of a key. */
  keyLength: 1000,
  /** Of a service's value: the kernel takes no longer argument or variable. */
  valueLength: 128 * 1024,
  /** Entries of one list or map of a service. */
  entries: 10_000,
  /** Keys that merge keys may bring in, in all. */
  mergedKeys: 100_000,
  /** Files that one stack may be made of, each counted as often as it is included. */
  files: 100,
  /** Bytes of all files of a stack. */
  bytes: 16 * 1024 * 1024,
  /** Of one file with variables. */
  envBytes: 1024 * 1024,
  /** Services that may extend one another in a row. */
  chain: 50,
  services: 12_000,
  /** Values once every alias, extends and env_file is written out. */
  values: 750_000,
  /** Characters that variables may put into values. */
  filled: 16 * 1024 * 1024,
  /** Gaps that are listed; of the rest one says that there are more. */
  gaps: 500,
} as const;

const marks = new Set(Array.from('\n\r,[{:-?', (sign) => sign.charCodeAt(0)));

/**
 * Refuses a text with more values than any Compose file has before its parser makes an object of
 * each. The signs that can begin a value are counted: there cannot be more values than those.
 */
export function refuseTooManyValues(source: SourceFile): void {
  const { text } = source;
  if (text.length <= limits.marks) return;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A colon or dash counts where a blank follows; within a word it begins nothing.
    if (!marks.has(code) || ((code === 58 || code === 45 || code === 63) && !endsWord(text, at))) {
      continue;
    }
    if (++count <= limits.marks) continue;
    const hint = 'Split it, or check that it is a Compose file.';
    throw unreadable(source, at, `holds more than ${limits.marks} values`, hint);
  }
}

function endsWord(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  return next === 32 || next === 9 || next === 10 || next === 13;
}

/** What a stack has cost so far. */
export class Budget {
  readonly #spent = { files: 0, bytes: 0, services: 0, values: 0, filled: 0 };

  /** True while the limit is not passed. */
  take(what: 'files' | 'bytes' | 'services' | 'values' | 'filled', count: number): boolean {
    this.#spent[what] += count;
    return this.#spent[what] <= limits[what];
  }

  /** True where it is no use to read another file: more of what is too much already. */
  get isSpent(): boolean {
    const parts = ['files', 'services', 'values', 'filled'] as const;
    return parts.some((part) => this.#spent[part] > limits[part]);
  }
}
