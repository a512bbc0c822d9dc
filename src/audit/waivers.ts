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
        line: targetLine(lines, index) + 1,
        reason: rest.replace(expiry, '').trim(),
        until: expiry.exec(rest)?.[1] ?? '',
        at: { file: source.path, line: lineNumber, column },
      });
    }
    offset += line.length + 1;
  }
  return waivers;
}

/** The line that a comment is about: its own, or the next that is no comment and not empty. */
function targetLine(lines: readonly string[], index: number): number {
  if (!/^\s*#/.test(lines[index] ?? '')) return index;
  for (let at = index + 1; at < lines.length; at++) {
    if (!/^\s*(#|\r?$)/.test(lines[at] ?? '')) return at;
  }
  return index;
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
  const byControl = new Map<string, Waiver[]>();
  for (const waiver of waivers) {
    byControl.set(waiver.control, [...(byControl.get(waiver.control) ?? []), waiver]);
  }
  return (finding) =>
    byControl.get(finding.control)?.find((waiver) => {
      if (waiver.subject !== undefined && waiver.subject !== finding.subject) return false;
      const { file, line } = finding.position;
      if (waiver.file !== undefined && waiver.file !== file && waiver.line === undefined) {
        return false;
      }
      if (waiver.line === undefined) return true;
      if (waiver.file === file && waiver.line === line) return true;
      const service = serviceLine(finding.subject);
      return service?.file === waiver.file && service?.line === waiver.line;
    });
}
