import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import { isShowableName, scanEnv } from './env-lexer.ts';
import type { EnvEntry } from './env-lexer.ts';

/** A `.env` file that was read without a problem. */
export interface EnvFile {
  /** The path, for messages. */
  file: string;
  /** The whole text; a leading byte order mark is kept. */
  text: string;
  entries: readonly EnvEntry[];
}

/** How many problems one error spells out; a binary file has one on every line. */
const shownProblems = 100;

/**
 * Reads the bytes of a `.env` file. Throws `settings-invalid` with every problem: text that is
 * not UTF-8, and what {@link scanEnv} reports. Messages never hold a value.
 */
export function parseEnvFile(bytes: Uint8Array, file: string): EnvFile {
  if (isUtf16(bytes)) {
    throw new JackerError('settings-invalid', {
      what: 'the file is in UTF-16',
      where: { file, line: 1, column: 1 },
      hint: 'Save it as UTF-8.',
    });
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const bad = firstBadByte(bytes);
  const scan = scanEnv(text, file);
  const problems =
    bad === -1 ? scan.problems : [badByteProblem(bytes, bad, file), ...scan.problems];
  if (problems.length > 0) throw new JackerError('settings-invalid', bounded(problems, file));
  return { file, text, entries: scan.entries };
}

/** The entry of a key, if the file has it. */
export function entryOf(env: EnvFile | null, key: string): EnvEntry | undefined {
  return env?.entries.find((entry) => entry.key === key);
}

/** A byte order mark of UTF-16, or an ASCII character in two bytes at the start. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const [, , third, fourth] = bytes;
  if (third === undefined || fourth === undefined) return false;
  return (
    (first !== 0 && second === 0 && third !== 0 && fourth === 0) ||
    (first === 0 && second !== 0 && third === 0 && fourth !== 0)
  );
}

/** Offset of the first character that is not UTF-8; -1 where all are. */
function firstBadByte(bytes: Uint8Array): number {
  if (decodeStrictly(bytes, false) !== undefined) return -1;
  // A prefix that is cut inside a character is fine, so "good up to here" is monotonic.
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    if (decodeStrictly(bytes.subarray(0, middle), true) === undefined) bad = middle - 1;
    else good = middle;
  }
  const complete = decodeStrictly(bytes.subarray(0, good), true) ?? '';
  return new TextEncoder().encode(complete).length;
}

/** The text; undefined where a byte is wrong. With `cut`, leaves out an incomplete last character. */
function decodeStrictly(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}

function badByteProblem(bytes: Uint8Array, offset: number, file: string): Problem {
  const before = new TextDecoder().decode(bytes.subarray(0, offset)).split(/\r\n|\n|\r/);
  const line = before.at(-1) ?? '';
  const key = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1];
  return {
    what: 'a byte that is not UTF-8',
    where: {
      file,
      line: before.length,
      column: line.length + 1,
      ...(key !== undefined && isShowableName(key) ? { key } : {}),
    },
    hint: 'Save the file as UTF-8.',
  };
}

function bounded(problems: readonly Problem[], file: string): readonly Problem[] {
  const rest = problems.length - shownProblems;
  if (rest <= 0) return problems;
  return [
    ...problems.slice(0, shownProblems),
    {
      what: `${rest} more problems`,
      where: { file },
      hint: 'Check that this really is the .env file; then correct the lines above and try again.',
    },
  ];
}
