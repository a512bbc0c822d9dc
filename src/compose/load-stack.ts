import { basename, dirname, resolve } from 'node:path';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';
import { scanEnv, type EnvEntry } from '../settings/env-lexer.ts';
import { GapList, gapAt, type Gap } from './gap.ts';
import { fillIn, interpolate } from './interpolate.ts';
import { mergeDocuments, mergeServices } from './merge.ts';
import { Budget, limits } from './limits.ts';
import { parseYaml } from './parse-yaml.ts';
import {
  nodeAt,
  openKeys,
  originOf,
  plainValue,
  writtenOutSize,
  type ValueOrigin,
} from './plain.ts';
import { inheritVariables } from './inherited-variables.ts';
import { overrideNames, readSource } from './read-source.ts';
import { rebasePaths } from './rebase.ts';
import { shapeDocument } from './shape.ts';
import {
  positionOf,
  type MappingEntry,
  type MappingNode,
  type ScalarNode,
  type SourceFile,
  type SourceNode,
  type SourcePosition,
} from './source.ts';
import { unreadable, UnreadableYaml } from './unreadable-yaml.ts';

/** Which files make a stack. */
export interface StackRequest {
  /** Absolute paths, each one over those before it. */
  files: readonly string[];
  /** Files with the values of variables; by default `.env` beside the first file. */
  envFiles?: readonly string[];
  /** Only services without a profile or with one of these; by default all. */
  profiles?: readonly string[];
  /** A path as messages name it. */
  shown: (path: string) => string;
}

/** A stack as its files describe it, and where each thing stands. */
export interface LoadedStack {
  /** As messages name it: its first file. */
  name: string;
  /** Absolute folder of the first file, which relative paths start from. */
  folder: string;
  /** Every file that was read, in the order of reading. */
  sources: readonly SourceFile[];
  /** Those of them that hold variables, by absolute path: `.env` and what `env_file` names. */
  envFiles: ReadonlyMap<string, readonly EnvEntry[]>;
  document: ComposeDocument;
  /** Each file's own document, in the order in which they are merged, where there are several. */
  layers?: readonly ComposeDocument[];
  /** By service the keys in which a variable has no value. */
  open: ReadonlyMap<string, ReadonlySet<string>>;
  gaps: readonly Gap[];
  /** False where a file that was asked for could not be read at all. */
  readable: boolean;
  /** The merged document with its places. */
  root: MappingNode;
  /** Where a path of the document stands, or the nearest one above it. */
  locate: (path: readonly string[]) => SourcePosition;
  /** What a single value is written as, and in which kind of file. */
  origin: (path: readonly string[]) => ValueOrigin | undefined;
}

/**
 * Reads a stack: overrides, several documents in a file, `include`, `extends`, variables, `env_file`
 * and profiles, by Compose's rules. Never throws for what is in the files: what cannot be read,
 * found or understood is a gap.
 */
export async function loadStack(
  files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
  request: StackRequest,
): Promise<LoadedStack> {
  return new Loader(files, request.shown).load(request);
}

interface Scope {
  /** Absolute folder that relative paths start from. */
  folder: string;
  variables: ReadonlyMap<string, string>;
  /** Files that are being read, outermost first; one of them again is a circle. */
  within: readonly string[];
}

class Loader {
  readonly #files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>;
  readonly #shown: (path: string) => string;
  readonly #gaps = new GapList(limits.gaps);
  readonly #budget = new Budget();
  readonly #sources = new Map<string, SourceFile>();
  /** Services that were extended, and files that were read for it, by what names them. */
  readonly #extended = new Map<string, MappingNode>();
  readonly #bases = new Map<string, MappingNode[] | null>();
  readonly #entries = new Map<SourceFile, readonly EnvEntry[]>();
  /** Absolute: what relative paths of the merged document start from. */
  #folder = '/';
  #readable = true;

  constructor(
    files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
    shown: (path: string) => string,
  ) {
    this.#files = files;
    this.#shown = shown;
  }

  async load(request: StackRequest): Promise<LoadedStack> {
    const first = request.files[0] ?? '';
    const folder = dirname(first);
    this.#folder = folder;
    const scope: Scope = {
      folder,
      variables: await this.#variables(
        request.envFiles ?? [resolve(folder, '.env')],
        // Every shell sets it, and Compose where none does.
        new Map([['PWD', folder]]),
        request.envFiles === undefined,
      ),
      within: [],
    };
    const paths = [...request.files];
    if (paths.length === 1) {
      for (const name of overrideNames(first)) {
        if ((await this.#files.facts(name).catch(() => null)) !== null) {
          paths.push(name);
          break;
        }
      }
    }
    let root: MappingNode | null = null;
    const layers: MappingNode[] = [];
    for (const path of paths) {
      const one: MappingNode | null = await this.#file(path, scope);
      if (one === null && request.files.includes(path)) this.#readable = false;
      if (!one) continue;
      layers.push(one);
      root = root ? mergeDocuments(root, one) : one;
    }
    root ??= emptyRoot({ path: this.#shown(first), text: '' });
    root = choose(root, request.profiles);
    const found = root;
    return {
      name: this.#shown(first),
      folder,
      sources: [...this.#sources.values()],
      envFiles: new Map(
        [...this.#sources].flatMap(([path, source]) => {
          const entries = this.#entries.get(source);
          return entries ? [[path, entries] as const] : [];
        }),
      ),
      document: documentOf(root),
      ...(layers.length > 1 ? { layers: layers.map(documentOf) } : {}),
      open: openKeys(root),
      gaps: this.#gaps.list,
      readable: this.#readable,
      root,
      locate: (path) => positionOf(nodeAt(found, path)),
      origin: (path) => originOf(found, path),
    };
  }

  /**
   * The variables of `.env` files and those that are there, which win: whoever includes a file may
   * set what that file has a value for.
   */
  async #variables(
    paths: readonly string[],
    base: ReadonlyMap<string, string>,
    optional: boolean,
  ): Promise<ReadonlyMap<string, string>> {
    const variables = new Map(base);
    for (const path of paths) {
      const source = await this.#text(path, optional, null, limits.envBytes);
      if (!source) continue;
      for (const entry of this.#entriesOf(source)) {
        if (base.has(entry.key)) continue;
        const value = entry.quote === "'" ? entry.value : fillIn(entry.value, variables).text;
        variables.set(entry.key, value);
      }
    }
    return variables;
  }

  /** What an `.env` file says, read once; a line of it that nobody understands is a gap. */
  #entriesOf(source: SourceFile): readonly EnvEntry[] {
    const known = this.#entries.get(source);
    if (known) return known;
    const { entries, problems } = scanEnv(source.text, source.path);
    for (const { what, where, hint } of problems) {
      this.#gaps.add({
        kind: 'variable',
        what,
        hint: hint ?? '',
        file: source.path,
        line: where?.line ?? 1,
        column: where?.column ?? 1,
      });
    }
    this.#entries.set(source, entries);
    return entries;
  }

  /** Reads a text once. What cannot be read is a gap, at the place that names it. */
  async #text(
    path: string,
    optional: boolean,
    named: SourceNode | null,
    mostBytes?: number,
  ): Promise<SourceFile | null> {
    const known = this.#sources.get(path);
    if (known) return known;
    const shown = this.#shown(path);
    if (this.#sources.size >= limits.files) {
      this.#refuse(named, shown, 'is one file too many', `A stack may have ${limits.files}.`);
      return null;
    }
    const outcome = await readSource(this.#files, path, shown, mostBytes);
    if ('source' in outcome) {
      if (!this.#budget.take('bytes', outcome.source.text.length)) {
        const hint = `The files of a stack may have ${limits.bytes / 1024 / 1024} MiB together.`;
        this.#refuse(named, shown, 'is too large after the others', hint);
        return null;
      }
      this.#sources.set(path, outcome.source);
      return outcome.source;
    }
    if (!(optional && outcome.missing)) {
      this.#refuse(named, shown, outcome.refused, outcome.hint);
    }
    return null;
  }

  #refuse(named: SourceNode | null, file: string, what: string, hint: string): void {
    this.#gaps.add(
      named
        ? gapAt(named, { kind: 'unresolved', what: `${file} ${what}`, hint })
        : { kind: 'unreadable', what, hint, file, line: 1, column: 1 },
    );
  }

  /** One file with everything that it includes and extends; null where it cannot be read. */
  async #file(
    path: string,
    scope: Scope,
    named: SourceNode | null = null,
  ): Promise<MappingNode | null> {
    if (scope.within.includes(path)) {
      this.#refuse(named, this.#shown(path), 'includes itself', 'Take one include out.');
      return null;
    }
    // Counted as often as it is included: files that include each other twice double at each level.
    if (!this.#budget.take('files', 1)) {
      const hint = `A stack may include ${limits.files}.`;
      this.#refuse(named, this.#shown(path), 'is one file too many', hint);
      return null;
    }
    const inner: Scope = { ...scope, within: [...scope.within, path] };
    const documents = await this.#documents(path, inner, named);
    if (!documents) return null;
    let merged: MappingNode | null = null;
    try {
      for (const document of documents) {
        const included = await this.#included(document, inner);
        const extended = await this.#extendAll(document, inner);
        const one: MappingNode = included ? mergeDocuments(included, extended) : extended;
        merged = merged ? mergeDocuments(merged, one) : one;
      }
    } catch (error) {
      if (!(error instanceof UnreadableYaml)) throw error;
      this.#gaps.add(error.gap);
      return null;
    }
    return merged;
  }

  /** The documents of a file with variables filled in, in one notation. */
  async #documents(
    path: string,
    scope: Scope,
    named: SourceNode | null,
  ): Promise<MappingNode[] | null> {
    if (this.#budget.isSpent) return null;
    const source = await this.#text(path, false, named);
    if (!source) return null;
    try {
      const { documents, gaps } = parseYaml(source);
      for (const gap of gaps) this.#gaps.add(gap);
      const shaped: MappingNode[] = [];
      for (const document of documents) {
        this.#spend('values', writtenOutSize(document), document);
        const filled = this.#filled(document, scope);
        const one = shapeDocument(filled, (gap) => this.#gaps.add(gap));
        if (!one) continue;
        const services = one.entries.get('services')?.value;
        if (services?.kind === 'mapping') this.#spend('services', services.entries.size, services);
        const placed = rebasePaths(one, scope.folder, this.#folder);
        const whole = inheritVariables(placed, scope.variables);
        shaped.push(await this.#withEnvironment(whole, scope));
      }
      if (documents.length === 0) {
        throw unreadable(source, 0, 'is empty', 'Take it out, or write services: in it.');
      }
      return shaped.length === 0 ? null : shaped;
    } catch (error) {
      if (!(error instanceof UnreadableYaml)) throw error;
      this.#gaps.add(error.gap);
      return null;
    }
  }

  #filled(document: SourceNode, scope: Scope): SourceNode {
    return interpolate(
      document,
      scope.variables,
      (node, names) =>
        this.#gaps.add(
          gapAt(node, {
            kind: 'variable',
            what: `the variable ${[...new Set(names)].join(', ')} has no value`,
            hint: 'Set it in .env, or give it a default: ${NAME:-default}.',
          }),
        ),
      (length, node) => this.#spend('filled', length, node),
    );
  }

  /** Ends the reading of a stack that costs more than any that people write. */
  #spend(what: 'services' | 'values' | 'filled', count: number, node: SourceNode): void {
    if (this.#budget.take(what, count)) return;
    const words = {
      services: `has more than ${limits.services} services`,
      values: `stands for more than ${limits.values} values`,
      filled: `puts more than ${limits.filled} characters in with variables`,
    };
    const hint = 'Split the stack, or check what anchors, extends and env_file multiply.';
    throw unreadable(node.source, node.start, words[what], hint);
  }

  /** A document whose services have the variables of their `env_file` in their environment. */
  async #withEnvironment(document: MappingNode, scope: Scope): Promise<MappingNode> {
    return mapServices(document, async (service) => {
      const list = service.entries.get('env_file')?.value;
      if (list?.kind !== 'sequence') return service;
      const entries = new Map<string, MappingEntry>();
      const variables = new Map(scope.variables);
      for (const item of list.items) {
        const { path, required } = envFileOf(item);
        if (path === null) continue;
        const file = resolve(scope.folder, path);
        const source = await this.#text(file, !required, item, limits.envBytes);
        if (!source) continue;
        this.#spend('values', this.#entriesOf(source).length, item);
        for (const entry of this.#entriesOf(source)) {
          const place = { source, start: entry.start, end: entry.end };
          const text = entry.quote === "'" ? entry.value : fillIn(entry.value, variables).text;
          const value: ScalarNode = { kind: 'scalar', ...place, value: text, fromEnvFile: true };
          entries.set(entry.key, { key: place, value });
          if (!scope.variables.has(entry.key)) variables.set(entry.key, text);
        }
      }
      if (entries.size === 0) return service;
      const own = service.entries.get('environment');
      const { source, start, end } = list;
      const read: MappingNode = { kind: 'mapping', source, start, end, entries };
      const base: MappingNode = {
        ...service,
        entries: new Map([['environment', { key: own?.key ?? list, value: read }]]),
      };
      return mergeServices(base, service);
    });
  }

  async #included(document: MappingNode, scope: Scope): Promise<MappingNode | null> {
    const list = document.entries.get('include')?.value;
    if (list?.kind !== 'sequence') return null;
    let merged: MappingNode | null = null;
    for (const item of list.items) {
      if (this.#budget.isSpent) break;
      const paths = item.kind === 'scalar' ? [String(item.value)] : textsOf(item, 'path');
      const [first] = paths;
      if (first === undefined) continue;
      const folder = resolve(
        scope.folder,
        textsOf(item, 'project_directory')[0] ?? dirname(resolve(scope.folder, first)),
      );
      const envFiles = textsOf(item, 'env_file').map((path) => resolve(scope.folder, path));
      const variables = await this.#variables(
        envFiles.length > 0 ? envFiles : [resolve(folder, '.env')],
        scope.variables,
        envFiles.length === 0,
      );
      let included: MappingNode | null = null;
      for (const path of paths) {
        const inner: Scope = { ...scope, folder, variables };
        const one: MappingNode | null = await this.#file(resolve(scope.folder, path), inner, item);
        if (one) included = included ? mergeDocuments(included, one) : one;
      }
      if (included) merged = merged ? mergeDocuments(merged, included) : included;
    }
    return merged;
  }

  async #extendAll(document: MappingNode, scope: Scope): Promise<MappingNode> {
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
      this.#refuse(named, id.replace(/^.*\//, ''), 'extends itself', 'Take one extends out.');
      return bare;
    }
    if (scope.within.length > limits.chain) {
      const what = `extends more than ${limits.chain} services in a row`;
      this.#refuse(named, id.replace(/^.*\//, ''), what, 'Make the chain shorter.');
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
      this.#refuse(named, basename(other), what, 'Check the name of the service.');
    }
    return bare;
  }

  /** A service over the one that it extends: a copy, which costs what it holds. */
  #over(base: MappingNode, service: MappingNode): MappingNode {
    const merged = mergeServices(base, service);
    this.#spend('values', writtenOutSize(merged), service);
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

async function mapServices(
  document: MappingNode,
  change: (service: MappingNode, name: string) => Promise<MappingNode>,
): Promise<MappingNode> {
  const services = document.entries.get('services');
  if (services?.value.kind !== 'mapping') return document;
  const entries = new Map<string, MappingEntry>();
  let changed = false;
  for (const [name, entry] of services.value.entries) {
    const needs =
      entry.value.kind === 'mapping' &&
      (entry.value.entries.has('extends') || entry.value.entries.has('env_file'));
    // Without a promise where there is nothing to do: a document may have thousands of services.
    const value =
      needs && entry.value.kind === 'mapping' ? await change(entry.value, name) : entry.value;
    changed ||= value !== entry.value;
    entries.set(name, { key: entry.key, value });
  }
  if (!changed) return document;
  return {
    ...document,
    entries: new Map(document.entries).set('services', {
      key: services.key,
      value: { ...services.value, entries },
    }),
  };
}

/** The document without the services whose profiles are not asked for. */
function choose(root: MappingNode, profiles: readonly string[] | undefined): MappingNode {
  const services = root.entries.get('services');
  if (profiles === undefined || services?.value.kind !== 'mapping') return root;
  const entries = new Map(
    [...services.value.entries].filter(([, { value }]) => {
      const own = value.kind === 'mapping' ? value.entries.get('profiles')?.value : undefined;
      if (own?.kind !== 'sequence' || own.items.length === 0) return true;
      return own.items.some(
        (item) => item.kind === 'scalar' && profiles.includes(String(item.value)),
      );
    }),
  );
  const chosen = { key: services.key, value: { ...services.value, entries } };
  return { ...root, entries: new Map(root.entries).set('services', chosen) };
}

function envFileOf(item: SourceNode): { path: string | null; required: boolean } {
  if (item.kind === 'scalar') return { path: String(item.value), required: true };
  if (item.kind === 'sequence') return { path: null, required: false };
  const required = item.entries.get('required')?.value;
  return {
    path: textsOf(item, 'path')[0] ?? null,
    required: !(required?.kind === 'scalar' && required.value === false),
  };
}

/** The texts of a key that takes one or a list of them. */
function textsOf(node: SourceNode, name: string): string[] {
  const value = node.kind === 'mapping' ? node.entries.get(name)?.value : undefined;
  const items = value?.kind === 'sequence' ? value.items : value ? [value] : [];
  return items.flatMap((item) =>
    item.kind === 'scalar' && item.value !== null ? [String(item.value)] : [],
  );
}

function documentOf(root: MappingNode): ComposeDocument {
  const document = plainValue(root) as Partial<ComposeDocument>;
  return { ...document, services: document.services ?? {} };
}

function emptyRoot(source: SourceFile): MappingNode {
  return { kind: 'mapping', source, start: 0, end: 0, entries: new Map() };
}
