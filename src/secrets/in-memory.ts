import type { SecretFiles } from './store.ts';

/**
 * The same secrets, with every change kept in memory: what is made this way is seen by those who
 * hold the view and by nobody else, and the disk stays as it is. It lets the code that makes secrets
 * say beforehand what it would do.
 */
export function inMemory(secrets: SecretFiles): SecretFiles {
  /** By name; null: removed. */
  const changes = new Map<string, string | null>();
  return {
    folder: secrets.folder,
    list: async () => {
      const names = new Set(await secrets.list());
      for (const [name, content] of changes) {
        if (content === null) names.delete(name);
        else if (!name.startsWith('.')) names.add(name);
      }
      return [...names].sort();
    },
    read: async (name) => {
      const changed = changes.get(name);
      return changed === undefined ? secrets.read(name) : changed;
    },
    write: (name, content) => {
      changes.set(name, content);
      return Promise.resolve();
    },
    remove: (name) => {
      changes.set(name, null);
      return Promise.resolve();
    },
  };
}
