/** A text that was read, and where a reader finds it. */
export interface SourceFile {
  /** The path as the user knows it. */
  path: string;
  text: string;
}

interface Placed {
  source: SourceFile;
  /** Offsets in the text, in UTF-16 units; the end is exclusive. */
  start: number;
  end: number;
  /** The YAML tag as it is written, such as `!reset`. */
  tag?: string;
}

/** A value that is no collection. */
export interface ScalarNode extends Placed {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** A variable in it has no value: nobody can say what it will be. */
  open?: true;
  /** As it stands in the file, where variables were filled in. */
  written?: string;
  /** It stands in a file that `env_file` names. */
  fromEnvFile?: true;
}

/** A list. */
export interface SequenceNode extends Placed {
  kind: 'sequence';
  items: readonly SourceNode[];
}

/** A map whose keys are texts. */
export interface MappingNode extends Placed {
  kind: 'mapping';
  entries: ReadonlyMap<string, MappingEntry>;
}

/** One key of a map: where the key stands, and its value. */
export interface MappingEntry {
  key: Placed;
  value: SourceNode;
}

/** A value of a YAML file that knows where it was written. Never changed once it is made. */
export type SourceNode = ScalarNode | SequenceNode | MappingNode;

/** A place in a file as people count: line and column from 1. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

const lineStarts = new WeakMap<SourceFile, number[]>();

/** Where a node stands. The first call for a file counts its lines. */
export function positionOf(node: Placed): SourcePosition {
  const [line, column] = lineAndColumn(node.source, node.start);
  const [endLine, endColumn] = lineAndColumn(node.source, Math.max(node.start, node.end));
  return { file: node.source.path, line, column, endLine, endColumn };
}

/** The line and column of an offset, both from 1. */
export function lineAndColumn(source: SourceFile, offset: number): [number, number] {
  const starts = startsOf(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return [low + 1, offset - (starts[low] ?? 0) + 1];
}

/** The beginning of a line by its number from 1, without its end; empty where there is none. */
export function lineText(source: SourceFile, line: number, most: number): string {
  const starts = startsOf(source);
  const start = starts[line - 1];
  if (start === undefined) return '';
  const end = starts[line] ?? source.text.length;
  return source.text.slice(start, Math.min(end, start + most)).replace(/[\r\n]+$/, '');
}

function startsOf(source: SourceFile): number[] {
  const known = lineStarts.get(source);
  if (known) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  lineStarts.set(source, starts);
  return starts;
}
