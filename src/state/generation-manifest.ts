import * as z from 'zod/mini';
import { JackerError } from '../error.ts';
import { canonicalJson } from './canonical-json.ts';
import { plainDigest } from './digest.ts';

const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** Digest and permission bits of files, by path. */
export const fileRecords = z.record(
  z.string(),
  z.strictObject({ digest: hash, mode: z.int().check(z.minimum(0)) }),
);

const manifestSchema = z.strictObject({
  version: z.literal(1),
  number: z.int().check(z.positive()),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  /** What led to this generation, for people. */
  reason: z.string(),
  settingsDigest: z.string(),
  /** Image references by service, with digest once they are resolved. */
  images: z.record(z.string(), z.string()),
  /** Generated files: SHA-256. */
  files: fileRecords,
  /** Generated files with secrets inside: keyed hash. */
  secretFiles: fileRecords,
  /** The secrets that those were made from: keyed hash. Generations of before have none. */
  secretInputs: z.exactOptional(fileRecords),
});

const storedSchema = z.extend(manifestSchema, { digest: hash });

/** What a generation consists of. */
export type GenerationManifest = z.infer<typeof manifestSchema>;

/** The digest and the permission bits that one file of a generation has in the project folder. */
export interface FileRecord {
  digest: string;
  mode: number;
}

function digestOf(manifest: GenerationManifest): string {
  return plainDigest(canonicalJson(manifest));
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
        hint: 'Choose another generation: "jacker history" lists them.',
      },
      { cause },
    );
  let stored;
  try {
    stored = storedSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged('it is not a complete manifest', error);
  }
  const { digest, ...manifest } = stored;
  if (digestOf(manifest) !== digest) throw damaged('its content does not match its own digest');
  return manifest;
}
