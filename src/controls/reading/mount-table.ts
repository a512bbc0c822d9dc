/** One line of `/proc/<pid>/mountinfo` (proc_pid_mountinfo(5)). */
export interface MountEntry {
  /** Path inside the source file system that is mounted. */
  root: string;
  target: string;
  /** Options of this mount, such as `ro` or `nosuid`. */
  options: readonly string[];
  fsType: string;
  source: string;
  /** Options of the file system itself, such as `size=16384k`. */
  superOptions: readonly string[];
}

/** Reads a mount table, in its order: a later mount on the same target covers an earlier one. */
export function parseMountTable(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const head = (before ?? '').split(' ');
    const tail = (after ?? '').split(' ');
    const [root, target, options] = head.slice(3, 6);
    const [fsType, source, superOptions] = tail;
    if (root === undefined || target === undefined || fsType === undefined) return [];
    return [
      {
        root: unescapeOctal(root),
        target: unescapeOctal(target),
        options: (options ?? '').split(','),
        fsType,
        source: unescapeOctal(source ?? ''),
        superOptions: (superOptions ?? '').split(','),
      },
    ];
  });
}

/** The mount that is in force at a target; undefined where nothing is mounted there. */
export function mountAt(mounts: readonly MountEntry[], target: string): MountEntry | undefined {
  return mounts.findLast((mount) => mount.target === target);
}

/** The kernel writes blanks and backslashes in paths as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
