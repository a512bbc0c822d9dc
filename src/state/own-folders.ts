import { join } from 'node:path/posix';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { projectLayout, recordsFolder, secretsFolder } from './layout.ts';

/**
 * Refuses a project whose own folders are not folders: through a link Jacker would read secrets
 * from, and write records to, a place that it was not told to touch. Throws `project-invalid`.
 */
export async function refuseLinkedFolders(
  files: Pick<FileSystem, 'facts'>,
  projectDir: string,
): Promise<void> {
  const { journals, generations, secretGenerations } = projectLayout(projectDir);
  for (const path of [
    join(projectDir, recordsFolder),
    join(projectDir, secretsFolder),
    journals,
    generations,
    secretGenerations,
  ]) {
    const found = await files.facts(path);
    if (found === null || found.kind === 'directory') continue;
    throw new JackerError('project-invalid', {
      what: 'is not a folder, and Jacker keeps its own files there',
      where: { file: path },
      why:
        found.kind === 'symlink'
          ? 'it is a symbolic link, which could lead out of the project folder'
          : `it is a ${found.kind === 'other' ? 'device, socket or pipe' : found.kind}`,
      hint: 'Put the folder itself there, or move it away, and run the command again.',
    });
  }
}
