/** What kind of thing a path names. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

/** The facts about one path; `mode` holds the permission bits only (for example 0o640). */
export interface FileFacts {
  kind: EntryKind;
  mode: number;
  uid: number;
  gid: number;
  size: number;
}

/** Options of {@link FileSystem.write}. */
export interface WriteOptions {
  /** Permission bits, set regardless of the umask. */
  mode: number;
}

/**
 * The file system as the program needs it. Paths are absolute. A missing path answers `null`
 * where the signature says so. A full disk is thrown as a `JackerError` `disk`, a refusal as
 * `permission`, a file or folder in the way as `project-invalid`, as is what cannot be read to its
 * end (a pipe, a device, 64 MiB); all else as the platform reports it.
 */
export interface FileSystem {
  read(path: string): Promise<Uint8Array | null>;
  readText(path: string): Promise<string | null>;
  /** Does not follow a symbolic link in the last component. */
  facts(path: string): Promise<FileFacts | null>;
  /** Names in a folder, sorted; empty where the folder does not exist. */
  list(path: string): Promise<string[]>;
  /**
   * Atomic: a reader, and the disk after a crash, sees the old bytes or the new, never half. A
   * symbolic link on the path is replaced, not followed.
   */
  write(path: string, content: Uint8Array | string, options: WriteOptions): Promise<void>;
  /**
   * Appends and syncs; the parent folder must exist. The mode is that of a new file; a file that
   * is there keeps its own. Where it fails, the file is cut back to its former length.
   */
  append(path: string, content: string, options: WriteOptions): Promise<void>;
  /** Also makes the missing folders above it, with the same mode; one that is there keeps its own. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Atomic, and on the disk when it resolves. */
  rename(from: string, to: string): Promise<void>;
  /** Removes one file or symbolic link; no error where it is missing. */
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it; no error where it is missing. */
  removeTree(path: string): Promise<void>;
  /** Follows a symbolic link. */
  setMode(path: string, mode: number): Promise<void>;
  /** Does not follow a symbolic link. */
  setOwner(path: string, uid: number, gid: number): Promise<void>;
  /**
   * Creates the file only if nothing is there; false if something was. Nobody sees it before its
   * content is complete and on the disk.
   */
  createExclusive(path: string, content: string, mode: number): Promise<boolean>;
  realPath(path: string): Promise<string | null>;
}
