import { editFile } from '../compose/edit-file.ts';
import { parseEditable, pairOf, placeOfService } from '../compose/edit-source.ts';
import type { RemedyChange } from './remedy-change.ts';

/** What became of changes in the files that may be edited. */
export interface AppliedChanges {
  texts: Map<string, string>;
  done: { change: RemedyChange; file: string }[];
  refused: { change: RemedyChange; why: string }[];
}

/**
 * Writes changes into the files of a stack: where the key stands already, in the last file that has
 * it, else in the first file that describes the service.
 *
 * @param files names in the order in which they are merged
 */
export function applyChanges(
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
  changes: readonly RemedyChange[],
): AppliedChanges {
  const result: AppliedChanges = { texts: new Map(texts), done: [], refused: [] };
  const parsed = new Map(files.map((file) => [file, parseEditable(texts.get(file) ?? '')]));
  const places = changes.map((change) => {
    const found = files.map((file) => {
      const source = parsed.get(file);
      const place = source ? placeOfService(source, change.service, change.key[0]) : null;
      const own = place && !('refused' in place) && pairOf(place.map, change.key[0]) !== undefined;
      return { file, place, own };
    });
    const inIt = found.filter(({ place }) => place !== null);
    return {
      change,
      files: [...inIt.filter(({ own }) => own).reverse(), ...inIt.filter(({ own }) => !own)].map(
        ({ file }) => file,
      ),
      why: 'the service stands in another file',
    };
  });
  let waiting = places;
  while (waiting.length > 0) {
    const next: typeof places = [];
    for (const [file, group] of Map.groupBy(waiting, (one) => one.files[0])) {
      if (file === undefined) {
        result.refused.push(...group.map(({ change, why }) => ({ change, why })));
        continue;
      }
      const edited = editFile(
        result.texts.get(file) ?? '',
        group.map(({ change }) => change),
      );
      result.texts.set(file, edited.text);
      result.done.push(...edited.done.map((change) => ({ change, file })));
      const whys = new Map(edited.refused.map(({ change, why }) => [change, why]));
      for (const one of group) {
        const why = whys.get(one.change);
        if (why !== undefined) next.push({ ...one, why, files: one.files.slice(1) });
      }
    }
    waiting = next;
  }
  return result;
}
