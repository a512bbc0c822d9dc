import { posix } from 'node:path';
import { JackerError } from '../error.ts';
import type { EntryKind, FileSystem } from '../io/file-system.ts';
import type { Clock, Identity, Randomness } from '../io/world.ts';
import type { SecretProblem } from './check.ts';
import type { EnsureReport } from './ensure.ts';
import { areCurrent } from './current.ts';
import { inMemory } from './in-memory.ts';
import { authorityFiles, secretNamePattern } from './specification.ts';
import type { SecretSpec } from './specification.ts';
import { storedVersionKey, versionKey, versionKeyFile } from './version-key.ts';

/** What the store needs of the world. */
export interface SecretStoreWorld {
  files: FileSystem;
  identity: Identity;
  random: Randomness;
  clock: Clock;
}

/** Facts about the project that the secrets depend on. */
export interface SecretProject {
  /** Absolute path of the project folder. */
  directory: string;
  /** Name of the Compose project. */
  name: string;
  /**
   * DNS names that the local authority may sign for, names below them included: the domain and
   * every internal name of the catalog, also of services that are off, so that turning one on
   * does not need a new authority.
   */
  permittedNames: readonly string[];
}

/** Reading and writing single files; what `ensure` and `check` work on. */
export interface SecretFiles {
  /** Absolute path of the folder. */
  folder: string;
  /** Names of the entries that are not hidden, sorted. */
  list(): Promise<string[]>;
  /**
   * The bytes of the file as text, `null` where it is missing. Throws `secret-invalid` where
   * something is there that is no plain file of text, `permission` where it may not be read.
   */
  read(name: string): Promise<string | null>;
  /** Replaces the file atomically; nobody but its owner and group can read it at any moment. */
  write(name: string, content: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The secrets of one project. */
export interface SecretStore extends SecretFiles {
  /**
   * Makes what is missing and renews what is outdated: an htpasswd whose password changed,
   * a certificate that needs it. `force` makes one secret new, and what is derived from it.
   * Existing content is otherwise never changed. Ownership is set separately.
   */
  ensure(specs: readonly SecretSpec[], options?: { force?: string }): Promise<EnsureReport>;
  /** True where `ensure` would find nothing to do; a quick look, which may err on the other side. */
  isCurrent(specs: readonly SecretSpec[]): Promise<boolean>;
  /** Everything that is wrong with the folder and its files. */
  check(specs: readonly SecretSpec[]): Promise<SecretProblem[]>;
  /** The key of `secretVersion`; made at the first call. */
  versionKey(): Promise<Uint8Array>;
  /** The same key where it has been made; writes nothing. */
  storedVersionKey(): Promise<Uint8Array | null>;
  /** The same store, whose changes stay in memory: to see what a change would come to. */
  preview(): SecretStore;
}

const kindNames: Record<EntryKind, string> = {
  file: 'file',
  directory: 'folder',
  symlink: 'symbolic link',
  other: 'special file',
};

function requireName(name: string): void {
  if (!secretNamePattern.test(name) && name !== versionKeyFile)
    throw new TypeError('a secret has a plain file name');
}

function modeOf(name: string): number {
  if (name === authorityFiles.certificate) return 0o444;
  return name === authorityFiles.key || name === versionKeyFile ? 0o400 : 0o440;
}

function openFiles(files: FileSystem, folder: string): SecretFiles {
  const pathOf = (name: string): string => {
    requireName(name);
    return posix.join(folder, name);
  };

  async function requirePlain(name: string): Promise<boolean> {
    const facts = await files.facts(pathOf(name));
    if (!facts) return false;
    if (facts.kind === 'file') return true;
    throw new JackerError('secret-invalid', {
      what: `a ${kindNames[facts.kind]} is in a secret's place`,
      where: { file: `secrets/${name}` },
      why: 'a secret is a plain file, so that nothing outside the folder is read or replaced',
      hint: 'Move it away and run the command again.',
    });
  }

  async function openFolder(): Promise<void> {
    const facts = await files.facts(folder);
    if (!facts) return files.makeDirectory(folder, 0o700);
    if (facts.kind !== 'directory')
      throw new JackerError('secret-invalid', {
        what: `a ${kindNames[facts.kind]} is in the place of the secrets folder`,
        where: { file: 'secrets' },
        hint: 'Move it away and run the command again.',
      });
    if (facts.mode !== 0o700) await files.setMode(folder, 0o700);
  }

  return {
    folder,
    async list() {
      return (await files.list(folder)).filter((name) => !name.startsWith('.'));
    },
    async read(name) {
      if (!(await requirePlain(name))) return null;
      const bytes = await files.read(pathOf(name));
      if (bytes === null) return null;
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (error) {
        // What is read in its place would not be what the service reads.
        throw new JackerError(
          'secret-invalid',
          {
            what: 'is not UTF-8',
            where: { file: `secrets/${name}` },
            hint: 'Write it anew as text, or remove the file to have it made.',
          },
          { cause: error },
        );
      }
    },
    async write(name, content) {
      await openFolder();
      await requirePlain(name);
      await files.write(pathOf(name), content, { mode: modeOf(name) });
    },
    async remove(name) {
      await requirePlain(name);
      await files.remove(pathOf(name));
    },
  };
}

/** The store over `<project>/secrets/`; the folder is made, closed to others, at the first write. */
export function openSecretStore(world: SecretStoreWorld, project: SecretProject): SecretStore {
  return storeOver(
    openFiles(world.files, posix.join(project.directory, 'secrets')),
    world,
    project,
  );
}

function storeOver(
  secrets: SecretFiles,
  world: SecretStoreWorld,
  project: SecretProject,
): SecretStore {
  return {
    ...secrets,
    // Late: most commands only read secrets, and certificates need a lot of code.
    ensure: async (specs, options = {}) => {
      const { ensureSecrets } = await import('./ensure.ts');
      return ensureSecrets(secrets, world, project, specs, options.force);
    },
    isCurrent: (specs) => areCurrent(secrets, world, specs),
    check: async (specs) => {
      const { checkSecrets } = await import('./check.ts');
      return checkSecrets(secrets, world, project, specs);
    },
    versionKey: () => versionKey(secrets, world.random),
    storedVersionKey: () => storedVersionKey(secrets),
    preview: () => storeOver(inMemory(secrets), world, project),
  };
}
