import { dirname, join, relative, resolve } from 'node:path';
import { mountsOf } from '../controls/compose/service-mounts.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';

/** A copy is of what a service mounts beside its file: configuration, not anybody's photos. */
const mostBytes = 32 * 1024 * 1024;
const mostFiles = 2000;

/** Copies of what services mount from beside their file, in a folder of the trial's own. */
export class TrialFiles {
  readonly #files: FileSystem;
  readonly #from: string;
  readonly #into: string;
  #bytes = 0;
  #count = 0;

  /** @param from the folder of the Compose file; @param into the trial's folder; both absolute */
  constructor(files: FileSystem, from: string, into: string) {
    this.#files = files;
    this.#from = from;
    this.#into = into;
  }

  /** The binds of a service with their copies; a text says why one cannot be copied. */
  async binds(
    document: ComposeDocument,
    service: string,
  ): Promise<{ source: string; target: string; readOnly: boolean }[] | string> {
    const binds = [];
    for (const mount of mountsOf(document.services[service] ?? {})) {
      if (mount.type !== 'bind') continue;
      const copy = await this.#copyOf(mount.source, join('binds', service, String(binds.length)));
      if ('refused' in copy) return `${mount.source} ${copy.refused}`;
      binds.push({ source: copy.path, target: mount.target, readOnly: mount.readOnly });
    }
    return binds;
  }

  /** Copies of the files of secrets, by name. */
  async secrets(document: ComposeDocument): Promise<Map<string, string>> {
    const copies = new Map<string, string>();
    for (const [name, secret] of Object.entries(document.secrets ?? {})) {
      if (secret.file === undefined) continue;
      const copy = await this.#copyOf(secret.file, join('secrets', name));
      if ('path' in copy) copies.set(name, copy.path);
    }
    return copies;
  }

  async #copyOf(source: string, name: string): Promise<{ path: string } | { refused: string }> {
    const from = resolve(this.#from, source);
    const into = join(this.#into, name);
    const root = await this.#files.realPath(this.#from);
    const real = await this.#files.realPath(from);
    if (real === null) {
      // Compose makes a folder where there is nothing.
      await this.#files.makeDirectory(into, 0o755);
      return { path: into };
    }
    // A link may lead anywhere on the host.
    if (root === null || relative(root, real).startsWith('..')) {
      return { refused: 'leads out of the folder of the Compose file' };
    }
    return (await this.#copy(real, into)) ?? { path: into };
  }

  async #copy(from: string, into: string): Promise<{ refused: string } | null> {
    const facts = await this.#files.facts(from);
    if (facts?.kind === 'directory') {
      await this.#files.makeDirectory(into, facts.mode);
      await this.#own(into, facts);
      for (const name of await this.#files.list(from)) {
        const refused = await this.#copy(join(from, name), join(into, name));
        if (refused) return refused;
      }
      return null;
    }
    // Sockets and devices lead to the host; a link inside is left out, as it may too.
    if (facts?.kind !== 'file')
      return facts?.kind === 'other' ? { refused: 'holds no plain file' } : null;
    this.#bytes += facts.size;
    if (++this.#count > mostFiles || this.#bytes > mostBytes)
      return { refused: 'is too large to copy' };
    const bytes = await this.#files.read(from);
    if (bytes === null) return null;
    await this.#files.makeDirectory(dirname(into), 0o755);
    await this.#files.write(into, bytes, { mode: facts.mode });
    await this.#own(into, facts);
    return null;
  }

  /** The same owner, where the process may give files away; a service may check it. */
  async #own(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
    await this.#files.setOwner(path, uid, gid).catch(() => undefined);
  }
}
