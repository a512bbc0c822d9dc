import { dirname, resolve } from 'node:path';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { EnvEntry } from '../settings/env-lexer.ts';
import { withEnvFiles } from './env-files.ts';
import { Extender } from './extend-services.ts';
import { gapAt, type Gap } from './gap.ts';
import { inheritVariables } from './inherited-variables.ts';
import { interpolate } from './interpolate.ts';
import { mergeDocuments } from './merge.ts';
import { parseYaml } from './parse-yaml.ts';
import {
  nodeAt,
  openKeys,
  originOf,
  plainValue,
  writtenOutSize,
  type ValueOrigin,
} from './plain.ts';
import { overrideNames } from './read-source.ts';
import { rebasePaths } from './rebase.ts';
import { chooseProfiles, textsOf } from './service-nodes.ts';
import { shapeDocument } from './shape.ts';
import {
  positionOf,
  type MappingNode,
  type SourceFile,
  type SourceNode,
  type SourcePosition,
} from './source.ts';
import { StackFiles, type Scope } from './stack-files.ts';
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
  return new Loader(new StackFiles(files, request.shown)).load(request);
}

class Loader {
  readonly #files: StackFiles;
  readonly #extender: Extender;
  /** Absolute: what relative paths of the merged document start from. */
  #folder = '/';
  #readable = true;

  constructor(files: StackFiles) {
    this.#files = files;
    this.#extender = new Extender(files, (path, scope, named) =>
      this.#documents(path, scope, named),
    );
  }

  async load(request: StackRequest): Promise<LoadedStack> {
    const first = request.files[0] ?? '';
    const folder = dirname(first);
    this.#folder = folder;
    const scope: Scope = {
      folder,
      variables: await this.#files.variables(
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
        if (!(await this.#files.isThere(name))) continue;
        paths.push(name);
        break;
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
    root ??= emptyRoot({ path: this.#files.shown(first), text: '' });
    root = chooseProfiles(root, request.profiles);
    const found = root;
    return {
      name: this.#files.shown(first),
      folder,
      sources: this.#files.sources,
      envFiles: this.#files.envFiles,
      document: documentOf(root),
      ...(layers.length > 1 ? { layers: layers.map(documentOf) } : {}),
      open: openKeys(root),
      gaps: this.#files.gaps,
      readable: this.#readable,
      root,
      locate: (path) => positionOf(nodeAt(found, path)),
      origin: (path) => originOf(found, path),
    };
  }

  /** One file with everything that it includes and extends; null where it cannot be read. */
  async #file(
    path: string,
    scope: Scope,
    named: SourceNode | null = null,
  ): Promise<MappingNode | null> {
    if (scope.within.includes(path)) {
      this.#files.refuse(
        named,
        this.#files.shown(path),
        'includes itself',
        'Take one include out.',
      );
      return null;
    }
    if (!this.#files.takeFile(path, named)) return null;
    const inner: Scope = { ...scope, within: [...scope.within, path] };
    const documents = await this.#documents(path, inner, named);
    if (!documents) return null;
    let merged: MappingNode | null = null;
    try {
      for (const document of documents) {
        const included = await this.#included(document, inner);
        const extended = await this.#extender.all(document, inner);
        const one: MappingNode = included ? mergeDocuments(included, extended) : extended;
        merged = merged ? mergeDocuments(merged, one) : one;
      }
    } catch (error) {
      if (!(error instanceof UnreadableYaml)) throw error;
      this.#files.report(error.gap);
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
    if (this.#files.isSpent) return null;
    const source = await this.#files.text(path, false, named);
    if (!source) return null;
    try {
      const { documents, gaps } = parseYaml(source);
      for (const gap of gaps) this.#files.report(gap);
      const shaped: MappingNode[] = [];
      for (const document of documents) {
        this.#files.spend('values', writtenOutSize(document), document);
        const filled = this.#filled(document, scope);
        const one = shapeDocument(filled, this.#files.report);
        if (!one) continue;
        const services = one.entries.get('services')?.value;
        if (services?.kind === 'mapping')
          this.#files.spend('services', services.entries.size, services);
        const placed = rebasePaths(one, scope.folder, this.#folder);
        const whole = inheritVariables(placed, scope.variables);
        shaped.push(await withEnvFiles(whole, scope, this.#files));
      }
      if (documents.length === 0) {
        throw unreadable(source, 0, 'is empty', 'Take it out, or write services: in it.');
      }
      return shaped.length === 0 ? null : shaped;
    } catch (error) {
      if (!(error instanceof UnreadableYaml)) throw error;
      this.#files.report(error.gap);
      return null;
    }
  }

  #filled(document: SourceNode, scope: Scope): SourceNode {
    return interpolate(
      document,
      scope.variables,
      (node, names) =>
        this.#files.report(
          gapAt(node, {
            kind: 'variable',
            what: `the variable ${[...new Set(names)].join(', ')} has no value`,
            hint: 'Set it in .env, or give it a default: ${NAME:-default}.',
          }),
        ),
      (length, node) => this.#files.spend('filled', length, node),
    );
  }

  async #included(document: MappingNode, scope: Scope): Promise<MappingNode | null> {
    const list = document.entries.get('include')?.value;
    if (list?.kind !== 'sequence') return null;
    let merged: MappingNode | null = null;
    for (const item of list.items) {
      if (this.#files.isSpent) break;
      const paths = item.kind === 'scalar' ? [String(item.value)] : textsOf(item, 'path');
      const [first] = paths;
      if (first === undefined) continue;
      const folder = resolve(
        scope.folder,
        textsOf(item, 'project_directory')[0] ?? dirname(resolve(scope.folder, first)),
      );
      const envFiles = textsOf(item, 'env_file').map((path) => resolve(scope.folder, path));
      const variables = await this.#files.variables(
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
}

function documentOf(root: MappingNode): ComposeDocument {
  const document = plainValue(root) as Partial<ComposeDocument>;
  return { ...document, services: document.services ?? {} };
}

function emptyRoot(source: SourceFile): MappingNode {
  return { kind: 'mapping', source, start: 0, end: 0, entries: new Map() };
}
