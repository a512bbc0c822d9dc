import type { SourceFile } from '../compose/source.ts';
import { lineAndColumn } from '../compose/source.ts';
import type { Finding } from './run-static.ts';

/** A finding that somebody accepts for a time, and why. */
export interface Waiver {
  control: string;
  /** The subject that it is for; every one where it is undefined. */
  subject?: string;
  /** The file that it is for, as messages name it; with `line` for what stands there only. */
  file?: string;
  line?: number;
  reason: string;
  /** The last day on which it holds, YYYY-MM-DD; empty where none is given. */
  until: string;
  /** Where it is written. */
  at: { file: string; line: number; column: number };
}

/** Why a waiver does not hold. */
export type WaiverFault = 'expired' | 'no reason' | 'no expiry' | 'unknown control';

const marker = /#[ \t]*jacker-ignore[ \t]+([A-Z][A-Z0-9-]*)[ \t]*(.*)$/;
const expiry = /(?:^|[ \t])until=(\S+)/;

/**
 * The waivers in a file's comments: `# jacker-ignore CONTROL reason until=YYYY-MM-DD`, behind what
 * it is for or on a line above it.
 */
export function inlineWaivers(source: SourceFile): Waiver[] {
  if (!source.text.includes('jacker-ignore')) return [];
  const lines = source.text.split('\n');
  const targets = targetLines(lines);
  const waivers: Waiver[] = [];
  let offset = 0;
  for (const [index, line] of lines.entries()) {
    const match = marker.exec(line.replace(/\r$/, ''));
    if (match) {
      const [, control = '', rest = ''] = match;
      const [lineNumber, column] = lineAndColumn(source, offset + match.index);
      waivers.push({
        control,
        file: source.path,
        line: (targets[index] ?? index) + 1,
        reason: rest.replace(expiry, '').trim(),
        until: expiry.exec(rest)?.[1] ?? '',
        at: { file: source.path, line: lineNumber, column },
      });
    }
    offset += line.length + 1;
  }
  return waivers;
}

/**
 * By line the one that a comment there is about: its own, or the next that is no comment and not
 * empty. From the last line up, so that a file of comments costs no more than another.
 */
function targetLines(lines: readonly string[]): Uint32Array {
  const targets = new Uint32Array(lines.length);
  let next: number | undefined;
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? '';
    if (!/^\s*(#|\r?$)/.test(line)) next = at;
    targets[at] = /^\s*#/.test(line) ? (next ?? at) : at;
  }
  return targets;
}

/**
 * Why a waiver does not hold; null where it does.
 *
 * @param today YYYY-MM-DD
 */
export function faultOf(
  waiver: Waiver,
  isControl: (id: string) => boolean,
  today: string,
): WaiverFault | null {
  if (!isControl(waiver.control)) return 'unknown control';
  if (waiver.reason === '') return 'no reason';
  if (!isDay(waiver.until)) return 'no expiry';
  return waiver.until < today ? 'expired' : null;
}

/** True for a day that the calendar has. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Which waiver covers which finding. */
export interface WaiverMatch {
  (finding: Finding): Waiver | undefined;
}

/**
 * Finds the waiver of a finding. One that stands at a service's own line covers all of the service.
 *
 * @param serviceLine the line and file of a service's key
 */
export function matchWaivers(
  waivers: readonly Waiver[],
  serviceLine: (service: string) => { file: string; line: number } | null,
): WaiverMatch {
  if (waivers.length === 0) return () => undefined;
  // By what a waiver is for: a file may hold a hundred thousand, and a stack as many findings.
  const index = new Map<string, Waiver>();
  const keyOf = (control: string, place?: string | number, file?: string): string =>
    JSON.stringify([control, place ?? null, file ?? null]);
  for (const waiver of waivers) {
    const { control, subject, file, line } = waiver;
    const key = keyOf(control, line ?? subject, file);
    if (!index.has(key)) index.set(key, waiver);
  }
  return ({ control, subject, position: { file, line } }) => {
    const service = serviceLine(subject);
    const keys = [
      keyOf(control),
      keyOf(control, subject),
      keyOf(control, undefined, file),
      keyOf(control, subject, file),
      keyOf(control, line, file),
      ...(service ? [keyOf(control, service.line, service.file)] : []),
    ];
    for (const key of keys) {
      const waiver = index.get(key);
      if (waiver) return waiver;
    }
    return undefined;
  };
}
