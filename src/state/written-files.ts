import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { isFileRecords, type FileRecords } from './generation-manifest.ts';
import { privateFileMode, privateFolderMode, projectLayout } from './layout.ts';
import { listOf, objectOf, parseAs } from './shape.ts';

/** What one run wrote: the digests of its files, those with secrets inside by a keyed hash. */
export interface WrittenFiles {
  files: Readonly<FileRecords>;
  secretFiles: Readonly<FileRecords>;
}

const isRecord = objectOf({
  version: (value) => value === 1,
  runs: listOf(objectOf({ files: isFileRecords, secretFiles: isFileRecords })),
});

/**
 * What was written since the generation in force came into force, by runs that make no generation:
 * with it a person's edit can be told from what such a run left. Empty where there was none.
 *
 * @throws JackerError `project-invalid` where the record was changed or cut
 */
export async function readWritten(
  files: Pick<FileSystem, 'readText'>,
  projectDir: string,
): Promise<WrittenFiles[]> {
  const path = projectLayout(projectDir).written;
  const text = await files.readText(path);
  if (text === null) return [];
  try {
    return (parseAs(text, isRecord) as { runs: WrittenFiles[] }).runs;
  } catch (error) {
    throw new JackerError(
      'project-invalid',
      {
        what: 'the record of the files that jacker init wrote is damaged',
        where: { file: path },
        hint: 'Remove it. Files that differ from what is wanted then count as edited by hand: jacker up --yes replaces them.',
      },
      { cause: error },
    );
  }
}

/** Keeps the record; the caller holds the lock. */
export async function keepWritten(
  files: Pick<FileSystem, 'write' | 'makeDirectory'>,
  projectDir: string,
  runs: readonly WrittenFiles[],
): Promise<void> {
  const { records, written } = projectLayout(projectDir);
  await files.makeDirectory(records, privateFolderMode);
  await files.write(written, `${JSON.stringify({ version: 1, runs })}\n`, {
    mode: privateFileMode,
  });
}

/** Removes the record: the generation that has come into force says it all. */
export async function forgetWritten(
  files: Pick<FileSystem, 'remove'>,
  projectDir: string,
): Promise<void> {
  await files.remove(projectLayout(projectDir).written);
}
