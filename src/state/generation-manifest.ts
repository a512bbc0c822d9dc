import { JackerError } from '../error.ts';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { plainDigest } from './digest.ts';
import { anyText, integerFrom, objectOf, parseAs, recordOf, type Check } from './shape.ts';

/** The digest and the permission bits that one file of a generation has in the project folder. */
export interface FileRecord {
  /** 64 hexadecimal digits. */
  digest: string;
  mode: number;
}

/** Files by path. */
export type FileRecords = Record<string, FileRecord>;

/** What a generation consists of. */
export interface GenerationManifest {
  version: 1;
  number: number;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** What led to this generation, for people. */
  reason: string;
  settingsDigest: string;
  /** Image references by service, with digest once they are resolved. */
  images: Record<string, string>;
  /** Generated files: SHA-256. */
  files: FileRecords;
  /** Generated files with secrets inside: keyed hash. */
  secretFiles: FileRecords;
  /** The secrets that those were made from: keyed hash. Generations of before have none. */
  secretInputs?: FileRecords;
}

/** What to do where one cannot be read. */
export const unreadableHint =
  'Put it back from a backup. Or remove the folder of that generation, write the name of another one in .jacker/generations into .jacker/current, and run jacker up.';

const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** True for a {@link FileRecords}. */
export const isFileRecords = recordOf(objectOf({ digest: isHash, mode: integerFrom(0) }));

/** True for what {@link formatManifest} wrote, digest and all. */
const isStored = objectOf(
  {
    version: (value) => value === 1,
    number: integerFrom(1),
    createdAt: anyText,
    reason: anyText,
    settingsDigest: anyText,
    images: recordOf(anyText),
    files: isFileRecords,
    secretFiles: isFileRecords,
    digest: isHash,
  },
  { secretInputs: isFileRecords },
);

function digestOf(manifest: GenerationManifest): string {
  return plainDigest(canonicalJson(manifest as unknown as JsonValue));
}

/** The manifest as text, with a digest over itself. */
export function formatManifest(manifest: GenerationManifest): string {
  return `${JSON.stringify({ ...manifest, digest: digestOf(manifest) }, null, 2)}\n`;
}

/**
 * The manifest in a text of {@link formatManifest}.
 *
 * @param path named in the error
 * @throws JackerError `project-invalid` where the text was changed or cut
 */
export function parseManifest(text: string, path: string): GenerationManifest {
  const damaged = (why: string, cause?: unknown): JackerError =>
    new JackerError(
      'project-invalid',
      {
        what: 'The manifest of a generation is damaged',
        where: { file: path },
        why,
        hint: unreadableHint,
      },
      { cause },
    );
  let stored;
  try {
    stored = parseAs(text, isStored) as GenerationManifest & { digest: string };
  } catch (error) {
    throw damaged('it is not a complete manifest', error);
  }
  const { digest, ...manifest } = stored;
  if (digestOf(manifest) !== digest) throw damaged('its content does not match its own digest');
  return manifest;
}
