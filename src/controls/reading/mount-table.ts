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

const separator = ' - ';

/**
 * Reads a mount table, in its order: a later mount on the same target covers an earlier one. Throws
 * on a line of another form: a mount that is left out would be one that nobody judges.
 */
export function parseMountTable(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      // Blanks in paths are escaped, so the first separator is the real one.
      const at = line.indexOf(separator);
      const [root, target, options] = line.slice(0, Math.max(0, at)).split(' ').slice(3);
      const [fsType, source, ...superOptions] = line.slice(at + separator.length).split(' ');
      if (root === undefined || target === undefined || options === undefined || !fsType) {
        throw new TypeError('a line of the mount table could not be read');
      }
      return {
        root: unescapeOctal(root),
        target: unescapeOctal(target),
        options: options.split(','),
        fsType,
        source: unescapeOctal(source ?? ''),
        superOptions: superOptions.join(' ').split(','),
      };
    });
}

/** The mount that is in force at a target; undefined where nothing is mounted there. */
export function mountAt(mounts: readonly MountEntry[], target: string): MountEntry | undefined {
  return mounts.findLast((mount) => mount.target === target);
}

/** The kernel writes blanks, newlines and backslashes in paths as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
