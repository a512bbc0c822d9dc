import { JackerError } from '../error.ts';

/** What was being done to a path, as the verb of the error's sentence. */
export type FileAct =
  | 'read'
  | 'list'
  | 'look at'
  | 'write'
  | 'append to'
  | 'create'
  | 'rename'
  | 'remove'
  | 'change the mode of'
  | 'change the owner of';

/** The platform's code of an error (`ENOENT` and the like), or '' where it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/**
 * An error of the platform as one that a person can act on: a full disk is `disk`, a refusal is
 * `permission`, a thing of the wrong kind on the path, or a
 * missing folder, is `project-invalid`. Every other error is
 * answered as it came. The codes are those of errno(3).
 */
export function explainFileError(error: unknown, act: FileAct, path: string): unknown {
  if (error instanceof JackerError) return error;
  const what = `Cannot ${act} ${path}`;
  const explained = (
    code: 'disk' | 'permission' | 'project-invalid',
    why: string,
    hint: string,
  ): JackerError =>
    new JackerError(code, { what, where: { file: path }, why, hint }, { cause: error });
  switch (codeOf(error)) {
    case 'ENOSPC':
      return explained(
        'disk',
        'no space is left on the file system',
        'Free some space (or inodes) on it and run the command again; the old file is untouched.',
      );
    case 'EDQUOT':
      return explained(
        'disk',
        'the disk quota of this user is used up',
        'Free some space or raise the quota and run the command again; the old file is untouched.',
      );
    case 'EACCES':
      return explained(
        'permission',
        'this user may not do that here',
        `Run as the user who owns the folder, or give it access to ${path}.`,
      );
    case 'EPERM':
      return explained(
        'permission',
        'the system does not allow it to this user, or the file is marked immutable',
        `Run as the owner of ${path}; lsattr shows whether it is immutable.`,
      );
    case 'EROFS':
      return explained(
        'permission',
        'the file system is mounted read-only',
        'Mount it writable, or choose another project folder with --project-dir.',
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return explained(
        'project-invalid',
        'a part of the path is there but is not a folder',
        'Move the file that stands in the way, and run the command again.',
      );
    case 'ENOENT':
      // Where a missing path is no answer: somebody named a folder that is not there.
      return explained(
        'project-invalid',
        'its folder does not exist',
        'Make the folder, or name another one.',
      );
    case 'EISDIR':
      return explained(
        'project-invalid',
        'a folder is where a file belongs',
        `Move the folder ${path} away, and run the command again.`,
      );
    case 'ENXIO':
      return explained(
        'project-invalid',
        'a pipe, socket or device is where a file belongs',
        `Move ${path} away, and run the command again.`,
      );
    case 'ELOOP':
      return explained(
        'project-invalid',
        'a symbolic link is in the way',
        'Replace the link by the file or folder it stands for.',
      );
    default:
      return error;
  }
}
