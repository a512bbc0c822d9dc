import { NotEditable, TextEditor } from './edit-place.ts';
import { editKey } from './edit-service.ts';
import { parseEditable, placeOfService, type EditableText } from './edit-source.ts';
import { applyEdits, type TextEdit } from './edit-text.ts';
import { parseYaml, UnreadableYaml } from './parse-yaml.ts';
import { plainValue } from './plain.ts';
import { changeService, type KeyChange } from './service-change.ts';
import { shapeDocument } from './shape.ts';
import type { MappingNode, SourceNode } from './source.ts';
import { isMap, sameValue, type PlainValue } from './yaml-value.ts';

/** A text after editing, what was done in it, and what was not and why. */
export interface EditedText<Change extends KeyChange> {
  text: string;
  done: Change[];
  refused: { change: Change; why: string }[];
}

/**
 * Writes changes of services into a Compose file's text. Everything else stays as it is, byte by
 * byte: a key is added as a line behind its service's last one, a value is replaced where it
 * stands, and what is taken out becomes a comment. What is written is read again before it counts:
 * were anything else to change with it, the change is refused.
 */
export function editFile<Change extends KeyChange>(
  text: string,
  changes: readonly Change[],
): EditedText<Change> {
  const result: EditedText<Change> = { text, done: [], refused: [] };
  let waiting = [...changes];
  while (waiting.length > 0) {
    // Two changes of one key: the second is made in the text that the first one gave.
    const taken = new Set<string>();
    const wave: Change[] = [];
    const later: Change[] = [];
    for (const change of waiting) {
      const id = JSON.stringify([change.service, change.key[0]]);
      (taken.has(id) ? later : wave).push(change);
      taken.add(id);
    }
    tryAll(result, wave);
    waiting = later;
  }
  return result;
}

/** Makes changes together, or in halves where they cannot be. */
function tryAll<Change extends KeyChange>(
  result: EditedText<Change>,
  changes: readonly Change[],
): void {
  if (changes.length === 0) return;
  const outcome = attempt(result.text, changes);
  if (typeof outcome === 'string') {
    result.text = outcome;
    result.done.push(...changes);
  } else if (changes.length === 1) {
    for (const change of changes) result.refused.push({ change, why: outcome.refused });
  } else {
    const middle = changes.length >> 1;
    tryAll(result, changes.slice(0, middle));
    tryAll(result, changes.slice(middle));
  }
}

function attempt(text: string, changes: readonly KeyChange[]): string | { refused: string } {
  const file = openFile(text);
  if (!file) return { refused: 'the file has an error in its YAML' };
  const edits = file.edits(changes);
  return 'refused' in edits ? edits : applyEdits(text, edits);
}

/** A Compose file's text, read once, in which changes can be tried. */
export interface EditableFile {
  /** What changes would replace in the text, or why they cannot be made in it. */
  edits(changes: readonly KeyChange[]): TextEdit[] | { refused: string };
}

/** Opens a text for changes; null where its YAML has an error. */
export function openFile(text: string): EditableFile | null {
  const parsed = parseEditable(text);
  const before = parsed && readDocuments(text);
  if (!parsed || !before) return null;
  return {
    edits: (changes) => {
      try {
        const { edits, placed } = editsOf(parsed, before, changes);
        const edited = applyEdits(text, edits);
        if (edited === text) return [];
        const after = readDocuments(edited);
        return after && holds(before, after, placed)
          ? edits
          : { refused: 'it is written in a way that cannot be edited safely' };
      } catch (error) {
        if (error instanceof NotEditable) return { refused: error.message };
        if (error instanceof RangeError) return { refused: 'two changes are about the same place' };
        throw error;
      }
    },
  };
}

/** A change and the document of the file that it is made in. */
interface PlacedChange {
  change: KeyChange;
  document: number;
}

function editsOf(
  parsed: EditableText,
  documents: readonly SourceNode[],
  changes: readonly KeyChange[],
): { edits: TextEdit[]; placed: PlacedChange[] } {
  const bare = parsed.documents.every(
    ({ contents }) => (contents as { flow?: boolean } | null)?.flow,
  );
  const editor = new TextEditor(parsed.text, parsed.shared, !bare);
  const placed = changes.map((change): PlacedChange => {
    const place = placeOfService(parsed, change.service, change.key[0]);
    if (!place) throw new NotEditable('the service stands in another file');
    if ('refused' in place) throw new NotEditable(place.refused);
    const document = documents[place.document];
    const service = document && servicesOf(document)?.get(change.service)?.value;
    editKey(editor, place.map, change.key, change, service && (plainValue(service) as PlainValue));
    return { change, document: place.document };
  });
  return { edits: editor.edits, placed };
}

function readDocuments(text: string): readonly SourceNode[] | null {
  try {
    return parseYaml({ path: '', text }).documents;
  } catch (error) {
    if (error instanceof UnreadableYaml) return null;
    throw error;
  }
}

function servicesOf(document: SourceNode): MappingNode['entries'] | null {
  if (document.kind !== 'mapping') return null;
  const services = document.entries.get('services')?.value;
  return services?.kind === 'mapping' ? services.entries : null;
}

/** True where the text means what it meant before, with the changes and nothing else. */
function holds(
  before: readonly SourceNode[],
  after: readonly SourceNode[],
  placed: readonly PlacedChange[],
): boolean {
  if (before.length !== after.length) return false;
  const byDocument = Map.groupBy(placed, ({ document }) => document);
  return before.every((old, index) => {
    const made = after[index];
    if (!made) return false;
    const changes = (byDocument.get(index) ?? []).map(({ change }) => change);
    const byService = Map.groupBy(changes, ({ service }) => service);
    const [oldRest, madeRest] = [old, made].map((one) =>
      without(plainValue(one) as PlainValue, byService),
    );
    if (!sameValue(oldRest, madeRest)) return false;
    if (byService.size === 0) return true;
    const [oldServices, madeServices] = [shapedServices(old), shapedServices(made)];
    return [...byService].every(([name, own]) => {
      const service = oldServices[name];
      const expected = own.reduce(
        (result, { key, change }) => changeService(result, key, change),
        isMap(service) ? service : {},
      );
      return sameValue(expected, madeServices[name]);
    });
  });
}

function without(document: PlainValue, services: ReadonlyMap<string, unknown>): PlainValue {
  if (!isMap(document) || !isMap(document['services'])) return document;
  const others = Object.entries(document['services']).filter(([name]) => !services.has(name));
  return { ...document, services: Object.fromEntries(others) };
}

function shapedServices(document: SourceNode): Readonly<Record<string, PlainValue>> {
  const shaped = shapeDocument(document, () => undefined);
  const services = shaped?.entries.get('services')?.value;
  const plain = services && (plainValue(services) as PlainValue);
  return isMap(plain) ? plain : {};
}

/** A comment line at the end of a service. */
export interface ServiceNote {
  service: string;
  text: string;
}

/** Writes comment lines into services that do not hold them yet and have a place for them. */
export function annotateFile(text: string, notes: readonly ServiceNote[]): string {
  const parsed = parseEditable(text);
  const before = parsed && readDocuments(text);
  if (!parsed || !before) return text;
  const editor = new TextEditor(text, parsed.shared, true);
  for (const { service, text: note } of notes) {
    const place = placeOfService(parsed, service);
    if (!place || 'refused' in place || place.flow) continue;
    if (text.slice(place.start, place.end).includes(`# ${note}`)) continue;
    try {
      editor.addCommentLine(place.map, note);
    } catch (error) {
      // A comment that has no place is in the report all the same.
      if (!(error instanceof NotEditable)) throw error;
    }
  }
  const annotated = applyEdits(text, editor.edits);
  const after = readDocuments(annotated);
  return after && holds(before, after, []) ? annotated : text;
}
