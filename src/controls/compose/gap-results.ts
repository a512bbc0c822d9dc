import type { Gap, GapKind } from '../../compose/gap.ts';
import type { StaticModel, StaticResult } from '../control.ts';

/**
 * A result for each gap of some kinds, at its place; one pass where there is none. Nothing where
 * the document was not read from files.
 */
export function gapResults(
  gaps: readonly Gap[] | undefined,
  wanted: readonly GapKind[],
  expected: string,
): StaticResult[] {
  if (gaps === undefined) return [];
  const found = gaps.filter(({ kind }) => wanted.includes(kind));
  if (found.length === 0) {
    return [{ subject: 'project', status: 'pass', expected, seen: 'so', location: [] }];
  }
  return found.map(({ what, hint, file, line, column, path = [] }) => ({
    subject: path[0] === 'services' && path[1] !== undefined ? path[1] : 'project',
    status: 'fail',
    expected: hint,
    seen: what,
    location: path,
    position: { file, line, column, endLine: line, endColumn: column },
  }));
}

/** A document that was read with one gap. */
export function exampleGap(kind: GapKind): StaticModel {
  const place = { file: 'compose.yml', line: 1, column: 1 };
  return {
    document: { services: {} },
    gaps: [{ kind, what: 'read-only is no key', hint: 'Did you mean read_only?', ...place }],
  };
}
