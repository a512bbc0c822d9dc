import { isMap, isScalar, LineCounter, parseDocument, stringify } from 'yaml';
import { JackerError, type Problem } from '../error.ts';
import { readWrittenLock, referenceFlaw } from './image-lock-lines.ts';
import { isDigest } from './image-reference.ts';

/** The digest that each image reference stands for, by the reference as the services name it. */
export type ImageLock = Readonly<Record<string, string>>;

/** The text of `images.lock`: a YAML map sorted by reference, so that differences read well. */
export function formatImageLock(lock: ImageLock): string {
  const sorted = Object.keys(lock)
    .sort()
    .map((reference) => [reference, lock[reference]] as const);
  return stringify(Object.fromEntries(sorted), { lineWidth: 0 });
}

/**
 * Reads `images.lock`.
 *
 * @param text The file's content; an empty file is an empty lock.
 * @param file Path for error messages.
 * @throws JackerError `project-invalid` with every wrong line.
 */
export function parseImageLock(text: string, file: string): ImageLock {
  return readWrittenLock(text) ?? parseEdited(text, file);
}

function parseEdited(text: string, file: string): ImageLock {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems: Problem[] = [];
  const lock: Record<string, string> = {};
  const wrong = (what: string, offset: number | undefined, why?: string) => {
    const at = offset === undefined ? undefined : lines.linePos(offset);
    problems.push({
      what,
      where: { file, ...(at ? { line: at.line, column: at.col } : {}) },
      ...(why === undefined ? {} : { why }),
      hint: 'Correct the line, or remove it so that the next `jacker up` resolves the image again.',
    });
  };
  for (const error of document.errors) {
    wrong('images.lock is not valid YAML', error.pos[0], error.message.split('\n')[0]);
  }
  const root = document.contents;
  if (problems.length === 0 && root !== null && !isMap(root)) {
    wrong('images.lock is not a map of image references to digests', root.range[0]);
  }
  for (const { key, value } of problems.length === 0 && isMap(root) ? root.items : []) {
    const reference = isScalar(key) ? String(key.value) : '';
    const digest = isScalar(value) ? value.value : undefined;
    const offset = isScalar(key) ? key.range[0] : undefined;
    const flaw = referenceFlaw(reference);
    if (flaw !== null) {
      wrong(`"${reference}" is not an image reference`, offset, flaw);
    } else if (typeof digest !== 'string' || !isDigest(digest)) {
      wrong(`The digest of ${reference} is not of the form sha256:<64 hexadecimal digits>`, offset);
    } else {
      lock[reference] = digest;
    }
  }
  if (problems.length > 0) throw new JackerError('project-invalid', problems);
  return lock;
}
