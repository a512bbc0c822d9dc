import { lineAndColumn, positionOf, type SourceFile, type SourceNode } from './source.ts';

/** Why something of a stack could not be examined. */
export type GapKind =
  /** A file that cannot be read, or is no YAML. */
  | 'unreadable'
  /** A file that another one names and that is not there. */
  | 'unresolved'
  /** A variable without a value. */
  | 'variable'
  /** A key or value that Compose would refuse or not understand. */
  | 'schema';

/** Something that could not be examined: never a pass. */
export interface Gap {
  kind: GapKind;
  what: string;
  hint: string;
  file: string;
  line: number;
  column: number;
  /** Path in the Compose document, where it is about one. */
  path?: readonly string[];
}

/** A gap at a node. */
export function gapAt(
  node: Pick<SourceNode, 'source' | 'start' | 'end'>,
  gap: Pick<Gap, 'kind' | 'what' | 'hint' | 'path'>,
): Gap {
  const { file, line, column } = positionOf(node);
  return { ...gap, what: brief(gap.what), file, line, column };
}

/** A gap at an offset of a file. */
export function gapIn(
  source: SourceFile,
  offset: number,
  gap: Pick<Gap, 'kind' | 'what' | 'hint'>,
): Gap {
  const [line, column] = lineAndColumn(source, offset);
  return { ...gap, what: brief(gap.what), file: source.path, line, column };
}

const longest = 300;

/** A text as a message may quote it: what a file holds may be megabytes. */
export function brief(text: string): string {
  // A copy of its own: a slice would keep the whole text in memory.
  return text.length <= longest ? text : `${Buffer.from(text.slice(0, longest)).toString()}…`;
}

/** The gaps of a stack: one for each thing at each place, however often an alias repeats it. */
export class GapList {
  readonly #list: Gap[] = [];
  readonly #seen = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get list(): readonly Gap[] {
    return this.#list;
  }

  /** Beyond the most that are listed, one says that there are more. */
  add(gap: Gap): void {
    if (this.#list.length > this.#most) return;
    const id = `${gap.file}:${gap.line}:${gap.column}:${gap.what}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    if (this.#list.length < this.#most) {
      this.#list.push(gap);
      return;
    }
    const { kind, file, line, column } = gap;
    const what = `and more than ${this.#most} others like these`;
    const hint = 'Mend those that are listed, and run again.';
    this.#list.push({ kind, file, line, column, what, hint });
  }
}
