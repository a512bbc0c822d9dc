import { LineCounter, parseDocument, type Document } from 'yaml';
import type { Problem } from '../error.ts';

/** No service and no override is that long; what is, keeps the parser busy for nothing. */
const mostCharacters = 256 * 1024;
/** A file that is no YAML at all has a problem on every line. */
const shownProblems = 50;
const tooDeep = 'is nested too deeply to be read';

/** A YAML document of a person's, with where its parts are, or why it cannot be read. */
export interface YamlDocument {
  document: Document.Parsed;
  lines: LineCounter;
  problems: Problem[];
}

/**
 * Parses one YAML document; every problem has file and line. What would exhaust the parser (a
 * thousand brackets in each other) is a problem like any other.
 *
 * @param hint what the file has to be
 */
export function readYaml(file: string, text: string, hint: string): YamlDocument {
  const lines = new LineCounter();
  const whole = (what: string): YamlDocument => ({
    document: parseDocument(''),
    lines,
    problems: [{ what, where: { file, line: 1, column: 1 }, hint }],
  });
  if (text.length > mostCharacters) {
    return whole(`has ${String(text.length)} characters; ${String(mostCharacters)} are the most`);
  }
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  } catch (error) {
    if (error instanceof RangeError) return whole(tooDeep);
    throw error;
  }
  if (document.errors.some(({ message }) => message.includes('call stack'))) return whole(tooDeep);
  const problems = document.errors.slice(0, shownProblems).map((error): Problem => {
    const [at] = error.linePos ?? [];
    return {
      what: (error.message.split('\n')[0] ?? error.message).replace(/ at line \d+.*$/, ''),
      where: { file, line: at?.line ?? 1, column: at?.col ?? 1 },
      hint,
    };
  });
  return { document, lines, problems };
}
