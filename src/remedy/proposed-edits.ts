import { openFile, type EditableFile } from '../compose/edit-file.ts';
import type { TextEdit } from '../compose/edit-text.ts';
import type { LoadedStack } from '../compose/load-stack.ts';
import { lineAndColumn, type SourceFile } from '../compose/source.ts';
import type { Control, StaticModel, StaticResult } from '../controls/control.ts';
import { weighChange } from './weigh-changes.ts';

/** A replacement in a file: offsets and columns in UTF-16 units, lines and columns from 1, the end exclusive. */
export interface ProposedEdit extends TextEdit {
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/** What a fix is proposed for. */
export interface Fixable {
  control: string;
  position: { file: string };
  result: StaticResult;
}

/**
 * Characters that may be read to see whether proposed edits are safe, in one run: each is tried in
 * its file before it is proposed. Of the fifty thousandth finding nobody takes over a fix.
 */
const mostRead = 8 * 1024 * 1024;
/** Characters of a file that is opened for it: its syntax takes a hundred times the memory. */
const largest = 512 * 1024;

/**
 * Makes a function that proposes how a finding is mended in the files of its stack, for editors and
 * code scanners that offer to do it. It answers null where no mending is known that is safe for the
 * program, or where it would have to be made in more than one file.
 */
export function createProposer(
  controls: ReadonlyMap<string, Control>,
): (
  stack: Pick<LoadedStack, 'sources'>,
) => (found: Fixable, model: StaticModel) => ProposedEdit[] | null {
  let room = mostRead;
  return ({ sources }) => {
    const opened = new Map<SourceFile, EditableFile | null>();
    const open = (source: SourceFile): EditableFile | null => {
      const known = opened.get(source);
      if (known !== undefined) return known;
      const file = source.text.length <= largest ? openFile(source.text) : null;
      opened.set(source, file);
      return file;
    };
    return ({ control, position, result }, model) => {
      const wanted = controls.get(control)?.fix?.(result, model) ?? [];
      const changes = wanted.flatMap((change) => weighChange(control, change, model));
      if (changes.length === 0 || changes.some(({ ground }) => ground === 'none')) return null;
      // Where the finding is comes first; else the last file that describes the service.
      const isThere = ({ path }: SourceFile): boolean => path === position.file;
      const others = sources.filter((source) => !isThere(source)).reverse();
      const candidates = [...sources.filter(isThere), ...others];
      for (const source of candidates) {
        room -= source.text.length;
        const file = room < 0 ? null : open(source);
        if (!file) continue;
        const edits = file.edits(changes);
        if ('refused' in edits || edits.length === 0) continue;
        return edits.map(({ start, end, text }) => {
          const [line, column] = lineAndColumn(source, start);
          const [endLine, endColumn] = lineAndColumn(source, end);
          return { file: source.path, start, end, line, column, endLine, endColumn, text };
        });
      }
      return null;
    };
  };
}
