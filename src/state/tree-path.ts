import { join } from 'node:path/posix';
import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { recordsFolder, secretsFolder } from './layout.ts';

/** Which of the two trees of a generation a path belongs to. */
export type TreePart = 'public' | 'secret';

/** Why a path of a tree is refused; `null` where it is fine. Nothing on the disk is looked at. */
function refusal(path: string, part: TreePart): string | null {
  if (path.startsWith('/')) return 'it is absolute';
  if (path.includes('\0')) return 'it holds a NUL character';
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) {
    return 'a part of it is empty, "." or ".."';
  }
  if (names[0] === recordsFolder) return `${recordsFolder}/ holds Jacker's own records`;
  if (part === 'public') {
    return names[0] === secretsFolder ? `only secret files belong into ${secretsFolder}/` : null;
  }
  if (names[0] !== secretsFolder || names.length < 2) {
    return `secret files belong into ${secretsFolder}/`;
  }
  return names[1] === '.generations' ? 'it holds the files of earlier generations' : null;
}

/**
 * Checks the paths of a tree: relative, without `..`, and secret files exactly under `secrets/`.
 *
 * @throws JackerError `project-invalid` with a problem per refused path
 */
export function checkTreePaths(paths: Iterable<string>, part: TreePart): void {
  const problems = [...paths].flatMap((path): Problem[] => {
    const why = refusal(path, part);
    return why === null
      ? []
      : [{ what: 'Not a path for a generated file', where: { file: path }, why }];
  });
  if (problems.length > 0) throw new JackerError('project-invalid', problems);
}

/**
 * Looks at the folders above a generated file and at the file itself, without following a link.
 * Answers what stands in the way of writing it: a link or a file instead of a folder, a link or a
 * folder instead of the file.
 *
 * @param path relative to the project folder, as {@link checkTreePaths} allows it
 */
export async function obstacle(
  files: FileSystem,
  projectDir: string,
  path: string,
): Promise<Problem | null> {
  const names = path.split('/');
  for (let depth = 1; depth <= names.length; depth++) {
    const partial = names.slice(0, depth).join('/');
    const isLast = depth === names.length;
    const found = await files.facts(join(projectDir, partial));
    if (found === null) return null;
    if (found.kind === (isLast ? 'file' : 'directory')) continue;
    return {
      what: `Jacker keeps a ${isLast ? 'file' : 'folder'} at ${partial}, but something else is there`,
      where: { file: join(projectDir, partial) },
      why:
        found.kind === 'symlink'
          ? 'it is a symbolic link, which could lead out of the project folder'
          : `it is a ${found.kind === 'other' ? 'device, socket or pipe' : found.kind}`,
      hint: 'Move it away and run the command again.',
    };
  }
  return null;
}
