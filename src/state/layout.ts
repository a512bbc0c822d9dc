import { join } from 'node:path/posix';

/** The folder of Jacker's own records, relative to the project folder. */
export const recordsFolder = '.jacker';

/** The only folder that may hold secret content, relative to the project folder. */
export const secretsFolder = 'secrets';

/** Modes of what Jacker keeps for itself: nobody but the owner needs to read it. */
export const privateFolderMode = 0o700;
export const privateFileMode = 0o600;

/** A generation's number as its folder is named: four digits, more where it needs them. */
export function generationName(number: number): string {
  return String(number).padStart(4, '0');
}

/** The number of a generation's folder, or `null` where the name is not one of a generation. */
export function generationNumber(name: string): number | null {
  if (!/^[0-9]{4,9}$/.test(name)) return null;
  const number = Number(name);
  return generationName(number) === name ? number : null;
}

/** Absolute paths of everything that Jacker keeps in a project folder. */
export interface ProjectLayout {
  records: string;
  lock: string;
  journals: string;
  /** The transaction that runs, or was left unfinished. */
  currentJournal: string;
  generations: string;
  /** The file that names the generation in force. */
  currentGeneration: string;
  /** What was written without a generation. */
  written: string;
  auditLog: string;
  schemas: string;
  /** What an editor checks service files by. */
  serviceSchema: string;
  secrets: string;
  /** The secret files of the generations. */
  secretGenerations: string;
  journal(id: string): string;
  generation(number: number): GenerationLayout;
}

/** Absolute paths of one generation. */
export interface GenerationLayout {
  folder: string;
  manifest: string;
  tree: string;
  /** The digests that images resolved to. */
  imagesLock: string;
  /** The result of the verification on running containers. */
  verification: string;
  /** Its secret files, under `secrets/`. */
  secretTree: string;
}

/**
 * The names of everything in a project folder; nothing is read or made.
 *
 * @param projectDir absolute
 */
export function projectLayout(projectDir: string): ProjectLayout {
  const records = join(projectDir, recordsFolder);
  const journals = join(records, 'journal');
  const generations = join(records, 'generations');
  const schemas = join(records, 'schemas');
  const secrets = join(projectDir, secretsFolder);
  const secretGenerations = join(secrets, '.generations');
  return {
    records,
    lock: join(records, 'lock'),
    journals,
    currentJournal: join(journals, 'current.ndjson'),
    generations,
    currentGeneration: join(records, 'current'),
    written: join(records, 'written.json'),
    auditLog: join(records, 'audit.ndjson'),
    schemas,
    serviceSchema: join(schemas, 'service.schema.json'),
    secrets,
    secretGenerations,
    journal: (id) => join(journals, `${id}.ndjson`),
    generation: (number) => {
      const folder = join(generations, generationName(number));
      return {
        folder,
        manifest: join(folder, 'manifest.json'),
        tree: join(folder, 'tree'),
        imagesLock: join(folder, 'images.lock'),
        verification: join(folder, 'verify.json'),
        secretTree: join(secretGenerations, generationName(number)),
      };
    },
  };
}
