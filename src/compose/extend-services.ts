import { basename, dirname, resolve } from 'node:path';
import { limits } from './limits.ts';
import { mergeServices } from './merge.ts';
import { writtenOutSize } from './plain.ts';
import { mapServices, textsOf } from './service-nodes.ts';
import type { MappingNode, SourceNode } from './source.ts';
import type { Scope, StackFiles } from './stack-files.ts';

/** Reads the documents of a file; null where it cannot be read. */
export type ReadDocuments = (
  path: string,
  scope: Scope,
  named: SourceNode | null,
) => Promise<MappingNode[] | null>;

/** Puts services over those that they extend, in this file or in another one. */
export class Extender {
  readonly #files: StackFiles;
  readonly #documents: ReadDocuments;
  /** Services that were extended, and files that were read for it, by what names them. */
  readonly #extended = new Map<string, MappingNode>();
  readonly #bases = new Map<string, MappingNode[] | null>();

  constructor(files: StackFiles, documents: ReadDocuments) {
    this.#files = files;
    this.#documents = documents;
  }

  /** A document with each of its services over what it extends. */
  async all(document: MappingNode, scope: Scope): Promise<MappingNode> {
    const path = scope.within.at(-1) ?? '';
    return mapServices(document, (service, name) =>
      this.#extend(service, document, { ...scope, within: [`${path}#${name}`] }, path),
    );
  }

  /** A service over the one that it extends, and that one over its own. */
  async #extend(
    service: MappingNode,
    document: MappingNode,
    scope: Scope,
    path: string,
  ): Promise<MappingNode> {
    const named = service.entries.get('extends')?.value;
    if (!named) return service;
    const name = named.kind === 'scalar' ? String(named.value) : textsOf(named, 'service')[0];
    const file = textsOf(named, 'file')[0];
    const other = file === undefined ? path : resolve(dirname(path), file);
    const own = new Map(service.entries);
    own.delete('extends');
    const bare: MappingNode = { ...service, entries: own };
    const id = `${other}#${name ?? ''}`;
    const done = this.#extended.get(id);
    if (done) return this.#over(done, bare);
    if (scope.within.includes(id)) {
      this.#files.refuse(named, id.replace(/^.*\//, ''), 'extends itself', 'Take one extends out.');
      return bare;
    }
    if (scope.within.length > limits.chain) {
      const what = `extends more than ${limits.chain} services in a row`;
      this.#files.refuse(named, id.replace(/^.*\//, ''), what, 'Make the chain shorter.');
      return bare;
    }
    const documents = other === path ? [document] : await this.#base(other, scope, named);
    for (const candidate of documents ?? []) {
      const services = candidate.entries.get('services')?.value;
      if (services?.kind !== 'mapping') continue;
      const base = services.entries.get(name ?? '')?.value;
      if (base?.kind !== 'mapping') continue;
      const inner: Scope = { ...scope, within: [...scope.within, id] };
      const whole = await this.#extend(base, candidate, inner, other);
      this.#extended.set(id, whole);
      return this.#over(whole, bare);
    }
    if (documents) {
      const what = `has no service ${name ?? ''} to extend`;
      this.#files.refuse(named, basename(other), what, 'Check the name of the service.');
    }
    return bare;
  }

  /** A service over the one that it extends: a copy, which costs what it holds. */
  #over(base: MappingNode, service: MappingNode): MappingNode {
    const merged = mergeServices(base, service);
    this.#files.spend('values', writtenOutSize(merged), service);
    return merged;
  }

  /** The documents of a file that a service extends; read once for all that do. */
  async #base(path: string, scope: Scope, named: SourceNode): Promise<MappingNode[] | null> {
    const known = this.#bases.get(path);
    if (known !== undefined) return known;
    const read = await this.#documents(path, { ...scope, folder: dirname(path) }, named);
    this.#bases.set(path, read);
    return read;
  }
}
