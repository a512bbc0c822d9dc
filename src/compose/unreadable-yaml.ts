import { gapIn, type Gap } from './gap.ts';
import type { SourceFile } from './source.ts';

/** A text that is no YAML, or too much of it. */
export class UnreadableYaml extends Error {
  readonly gap: Gap;

  constructor(gap: Gap) {
    super(gap.what);
    this.name = 'UnreadableYaml';
    this.gap = gap;
  }
}

/** The error for a place that ends the reading of a file. */
export function unreadable(
  source: SourceFile,
  offset: number,
  what: string,
  hint = 'Correct the file at this place.',
): UnreadableYaml {
  return new UnreadableYaml(gapIn(source, offset, { kind: 'unreadable', what, hint }));
}
