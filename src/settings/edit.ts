import { JackerError } from '../error.ts';
import type { SettingDefinition } from './definition.ts';
import { keyPattern, scanEnv } from './env-lexer.ts';
import type { EnvEntry } from './env-lexer.ts';

/** Text that no reader of `.env` files takes for anything but itself. */
const plain = /^[A-Za-z0-9_.,:/@%+=-]+$/;

/**
 * The text with one entry set. An existing entry changes in place; a new one goes below the last
 * entry of its group, or to the end. Comments, order, line ends, a byte order mark and the
 * notation of all other entries stay byte for byte, and so does an entry that has the value
 * already. Throws `settings-invalid` where the text has a problem or no notation holds the value.
 */
export function setInEnv(
  text: string,
  key: string,
  value: string,
  definitions: readonly SettingDefinition[] = [],
): string {
  if (!keyPattern.test(key)) {
    throw new JackerError('settings-invalid', {
      what: `a name of ${key.length} characters that a .env file cannot hold`,
      hint: 'A name has letters, digits and _, and does not begin with a digit.',
    });
  }
  const entries = readEntries(text);
  const entry = entries.find((one) => one.key === key);
  if (entry?.value === value) return text;
  const eol = lineEndOf(text);
  const notation = expressValue(key, value).replaceAll('\n', eol);
  const edited =
    entry === undefined
      ? addEntry(text, `${key}=${notation}`, eol, entries, key, definitions)
      : replaceValue(text, entry, notation);
  const result = readEntries(edited).find((one) => one.key === key);
  if (result?.value !== value) throw inexpressible(key, value);
  return edited;
}

/** The text without the lines of one entry; the same text where the key is not in it. */
export function unsetInEnv(text: string, key: string): string {
  const entry = readEntries(text).find((one) => one.key === key);
  if (entry === undefined) return text;
  const rest = text.slice(entry.end).replace(/^(?:\r\n|\n|\r)/, '');
  return text.slice(0, entry.start) + rest;
}

/**
 * The value in the notation that reads back as exactly that: without quotes where no reader could
 * mistake it, then '…', "…" and `…` (which Docker Compose does not know, so last). Line breaks are
 * written as \n characters. Throws `settings-invalid` where there is no such notation.
 */
export function expressValue(key: string, value: string): string {
  const escaped = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const candidates = [
    ...(value === '' || plain.test(value) ? [value] : []),
    `'${value}'`,
    `"${value}"`,
    `"${escaped}"`,
    value,
    `\`${value}\``,
  ];
  const found = candidates.find((candidate) => {
    const { entries, problems } = scanEnv(`K=${candidate}`, '');
    return problems.length === 0 && entries.length === 1 && entries[0]?.value === value;
  });
  if (found === undefined || !value.isWellFormed()) throw inexpressible(key, value);
  return found;
}

function readEntries(text: string): readonly EnvEntry[] {
  const { entries, problems } = scanEnv(text, '.env');
  if (problems.length > 0) throw new JackerError('settings-invalid', problems);
  return entries;
}

function inexpressible(key: string, value: string): JackerError {
  return new JackerError('settings-invalid', {
    what: `a value of ${value.length} characters that a .env file cannot hold`,
    where: { key },
    why: 'every kind of quote occurs in it or is escaped by it, or it is too long, or has a NUL',
    hint: 'Leave out one kind of quote (\', " or `) and a backslash at the end.',
  });
}

/** The line end in use; of an empty file, the line feed. */
function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

function replaceValue(text: string, entry: EnvEntry, notation: string): string {
  const rest = text.slice(entry.valueEnd);
  const gap = rest.startsWith('#') && notation !== '' ? ' ' : '';
  return text.slice(0, entry.valueStart) + notation + gap + rest;
}

function addEntry(
  text: string,
  line: string,
  eol: string,
  entries: readonly EnvEntry[],
  key: string,
  definitions: readonly SettingDefinition[],
): string {
  const groups = new Map(definitions.map((definition) => [definition.key, definition.group]));
  const group = groups.get(key);
  const neighbour =
    group === undefined ? undefined : entries.findLast((entry) => groups.get(entry.key) === group);
  if (neighbour !== undefined) {
    return text.slice(0, neighbour.end) + eol + line + text.slice(neighbour.end);
  }
  const complete = text === '' || text === '\uFEFF' || /[\r\n]$/.test(text);
  return text + (complete ? '' : eol) + line + eol;
}
