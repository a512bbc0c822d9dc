import type { FileSystem } from '../io/file-system.ts';
import { scanEnv, type EnvEntry } from '../settings/env-lexer.ts';
import { GapList, gapAt, type Gap } from './gap.ts';
import { fillIn } from './interpolate.ts';
import { Budget, limits } from './limits.ts';
import { readSource } from './read-source.ts';
import type { SourceFile, SourceNode } from './source.ts';
import { unreadable } from './unreadable-yaml.ts';

/** Where a file of a stack stands while it is read. */
export interface Scope {
  /** Absolute folder that relative paths start from. */
  folder: string;
  variables: ReadonlyMap<string, string>;
  /** Files that are being read, outermost first; one of them again is a circle. */
  within: readonly string[];
}

/**
 * The files of one stack, within what a stack may cost. Each is read once; what cannot be read or
 * understood is a gap.
 */
export class StackFiles {
  readonly #files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>;
  readonly #gaps = new GapList(limits.gaps);
  readonly #budget = new Budget();
  readonly #sources = new Map<string, SourceFile>();
  readonly #entries = new Map<SourceFile, readonly EnvEntry[]>();
  /** A path as messages name it. */
  readonly shown: (path: string) => string;

  constructor(
    files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
    shown: (path: string) => string,
  ) {
    this.#files = files;
    this.shown = shown;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps.list;
  }

  /** Every file that was read, in the order of reading. */
  get sources(): SourceFile[] {
    return [...this.#sources.values()];
  }

  /** Those of them that hold variables, by absolute path. */
  get envFiles(): ReadonlyMap<string, readonly EnvEntry[]> {
    const found = new Map<string, readonly EnvEntry[]>();
    if (this.#entries.size === 0) return found;
    for (const [path, source] of this.#sources) {
      const entries = this.#entries.get(source);
      if (entries) found.set(path, entries);
    }
    return found;
  }

  /** True where it is no use to read another file: more of what is too much already. */
  get isSpent(): boolean {
    return this.#budget.isSpent;
  }

  async isThere(path: string): Promise<boolean> {
    return (await this.#files.facts(path).catch(() => null)) !== null;
  }

  readonly report = (gap: Gap): void => this.#gaps.add(gap);

  /** A file cannot be taken: a gap at the place that names it. */
  refuse(named: SourceNode | null, file: string, what: string, hint: string): void {
    this.#gaps.add(
      named
        ? gapAt(named, { kind: 'unresolved', what: `${file} ${what}`, hint })
        : { kind: 'unreadable', what, hint, file, line: 1, column: 1 },
    );
  }

  /** Counts a file as often as it is included: those that include each other twice double at each level. */
  takeFile(path: string, named: SourceNode | null): boolean {
    if (this.#budget.take('files', 1)) return true;
    const hint = `A stack may include ${limits.files}.`;
    this.refuse(named, this.shown(path), 'is one file too many', hint);
    return false;
  }

  /** Ends the reading of a stack that costs more than any that people write. */
  spend(what: 'services' | 'values' | 'filled', count: number, node: SourceNode): void {
    if (this.#budget.take(what, count)) return;
    const words = {
      services: `has more than ${limits.services} services`,
      values: `stands for more than ${limits.values} values`,
      filled: `puts more than ${limits.filled} characters in with variables`,
    };
    const hint = 'Split the stack, or check what anchors, extends and env_file multiply.';
    throw unreadable(node.source, node.start, words[what], hint);
  }

  /** Reads a text once. What cannot be read is a gap, at the place that names it. */
  async text(
    path: string,
    optional: boolean,
    named: SourceNode | null,
    mostBytes?: number,
  ): Promise<SourceFile | null> {
    const known = this.#sources.get(path);
    if (known) return known;
    const shown = this.shown(path);
    if (this.#sources.size >= limits.files) {
      this.refuse(named, shown, 'is one file too many', `A stack may have ${limits.files}.`);
      return null;
    }
    const outcome = await readSource(this.#files, path, shown, mostBytes);
    if ('source' in outcome) {
      if (!this.#budget.take('bytes', outcome.source.text.length)) {
        const hint = `The files of a stack may have ${limits.bytes / 1024 / 1024} MiB together.`;
        this.refuse(named, shown, 'is too large after the others', hint);
        return null;
      }
      this.#sources.set(path, outcome.source);
      return outcome.source;
    }
    if (!(optional && outcome.missing)) {
      this.refuse(named, shown, outcome.refused, outcome.hint);
    }
    return null;
  }

  /**
   * The variables of `.env` files and those that are there, which win: whoever includes a file may
   * set what that file has a value for.
   */
  async variables(
    paths: readonly string[],
    base: ReadonlyMap<string, string>,
    optional: boolean,
  ): Promise<ReadonlyMap<string, string>> {
    const variables = new Map(base);
    for (const path of paths) {
      const source = await this.text(path, optional, null, limits.envBytes);
      if (!source) continue;
      for (const entry of this.entriesOf(source)) {
        if (base.has(entry.key)) continue;
        const value = entry.quote === "'" ? entry.value : fillIn(entry.value, variables).text;
        variables.set(entry.key, value);
      }
    }
    return variables;
  }

  /** What an `.env` file says, read once; a line of it that nobody understands is a gap. */
  entriesOf(source: SourceFile): readonly EnvEntry[] {
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
}
