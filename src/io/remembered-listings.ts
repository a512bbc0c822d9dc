import type { FileSystem } from './file-system.ts';

/** Folders that are remembered, and the names of one. */
const mostFolders = 20_000;
const mostNames = 200;

/**
 * A file system for one search: once a folder was listed, what is not in the list is not there, and
 * is not looked for again. A name in another case is: some disks take it for the same.
 */
export function rememberListings(files: FileSystem): FileSystem {
  const folders = new Map<string, ReadonlySet<string>>();
  return {
    ...files,
    list: async (path) => {
      const names = await files.list(path);
      if (names.length <= mostNames && folders.size < mostFolders) {
        folders.set(path, new Set(names.map((name) => name.toLowerCase())));
      }
      return names;
    },
    facts: (path) => {
      const slash = path.lastIndexOf('/');
      const names = folders.get(path.slice(0, slash));
      return names && !names.has(path.slice(slash + 1).toLowerCase())
        ? Promise.resolve(null)
        : files.facts(path);
    },
  };
}
