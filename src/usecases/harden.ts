import { dirname, join, relative } from 'node:path';
import type { StackReport } from '../audit/report-schema.ts';
import { parseWaiverFile } from '../audit/waiver-file.ts';
import type { Waiver } from '../audit/waivers.ts';
import { loadStack, type LoadedStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { isAlreadySo } from '../remedy/already-so.ts';
import { applyChanges } from '../remedy/apply-changes.ts';
import { overrideText } from '../remedy/override-document.ts';
import { changeId, type RemedyChange } from '../remedy/remedy-change.ts';
import { defaultWaiverFile } from './examine-stacks.ts';
import { basesFirst, distinct, type Trials } from './harden-changes.ts';
import { examineStack, type Examination } from './harden-examine.ts';
import {
  annotate,
  noteOf,
  notChanged,
  openProposals,
  type NotChanged,
} from './harden-proposals.ts';
import { createHostLook } from './host-facts.ts';

/** What to harden, and how. */
export interface HardenInput extends Trials {
  /** Absolute; together one stack, each file over those before it. */
  files: readonly string[];
  workingDirectory: string;
  envFiles?: readonly string[];
  profiles?: readonly string[];
  /** Absolute path of an override file instead of edited texts. */
  override?: string;
  /** YYYY-MM-DD, for waivers. */
  today: string;
}

/** What hardening makes of a stack. Nothing is written yet. */
export interface Hardened {
  /** Absolute paths with the text before (null: no such file) and after. */
  files: { path: string; before: string | null; after: string }[];
  changes: (RemedyChange & { file: string })[];
  notChanged: NotChanged[];
  before: StackReport;
  after: StackReport;
  stack: LoadedStack;
}

/** A fix may uncover another finding; what still proposes after so many rounds is left. */
const mostRounds = 12;

/**
 * Works out a hardened version of Compose files, until another round would change nothing: a second
 * run on the result has nothing to do. What cannot be read is refused; what cannot be edited is in
 * `notChanged`.
 */
export async function hardenStack(
  files: Pick<FileSystem, 'read' | 'facts' | 'realPath' | 'list'>,
  input: HardenInput,
): Promise<Hardened> {
  const originals = new Map<string, string>();
  const texts = new Map<string, string>();
  const shown = (path: string): string => relative(input.workingDirectory, path) || path;
  const load = async (): Promise<LoadedStack> =>
    loadStack(over(files, texts), {
      files: [
        ...input.files,
        ...(input.override && texts.has(input.override) ? [input.override] : []),
      ],
      shown,
      ...(input.envFiles ? { envFiles: input.envFiles } : {}),
      ...(input.profiles ? { profiles: input.profiles } : {}),
    });
  const first = await load();
  refuseUnreadable(first);
  for (const path of input.files) {
    const bytes = await files.read(path);
    originals.set(path, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes ?? undefined));
  }
  for (const [path, text] of originals) texts.set(path, text);
  const waivers = await waiversBeside(files, input);
  // No change of the Compose files changes it: it is looked at once.
  const host = await createHostLook(files, shown).ofStack(first);
  const examine = (stack: LoadedStack): Examination =>
    examineStack(stack, input.today, { waivers, host });
  const initial = examine(first);
  let current = initial;
  // What trials showed may be in the files already: no change, and none to tell of.
  const proven = (input.proven ?? []).filter((change) => !isAlreadySo(first.document, change));
  const done: Hardened['changes'] = [];
  const refused = new Map<string, { change: RemedyChange; why: string }>();
  const seen = new Set<string>();
  const writeOverride = (notes: ReadonlyMap<string, readonly string[]>): void => {
    if (input.override === undefined) return;
    texts.set(
      input.override,
      overrideText(done, first.document, { head: headOf(input), comment: commentOf, notes }),
    );
  };
  for (let round = 0; round < mostRounds; round++) {
    const proposed = round === 0 ? [...proven, ...current.proposed] : current.proposed;
    const wanted = distinct(proposed, seen, input).filter(({ ground }) => ground !== 'none');
    if (wanted.length === 0) break;
    const fresh = input.override === undefined ? basesFirst(wanted, texts) : wanted;
    for (const change of fresh) seen.add(changeId(change));
    if (input.override !== undefined) {
      const file = input.override;
      done.push(...fresh.map((change) => ({ ...change, file })));
      writeOverride(new Map());
    } else {
      const marked = fresh.map((change) => ({ ...change, reason: commentOf(change) }));
      const outcome = applyChanges(input.files, texts, marked);
      for (const [path, text] of outcome.texts) texts.set(path, text);
      const original = new Map(marked.map((change, index) => [change, fresh[index]]));
      for (const { change, file } of outcome.done) {
        done.push({ ...(original.get(change) ?? change), file });
      }
      for (const { change, why } of outcome.refused) {
        refused.set(changeId(change), { change: original.get(change) ?? change, why });
      }
      if (outcome.done.length === 0) break;
    }
    current = examine(await load());
  }
  const open = openProposals(current.proposed, refused, input.refuted ?? []);
  if (input.override === undefined) annotate(input.files, texts, open);
  else if (done.length > 0 || open.length > 0) {
    const notes = Map.groupBy(
      open.filter(({ refusal }) => refusal === null).map(noteOf),
      (note) => note.service,
    );
    writeOverride(
      new Map([...notes].map(([service, own]) => [service, own.map(({ text }) => text)])),
    );
  }
  return {
    files: await Promise.all(
      [...texts].map(async ([path, after]) => ({
        path,
        before: originals.get(path) ?? (await textAt(files, path)),
        after,
      })),
    ),
    changes: done,
    notChanged: notChanged(current.report.findings, open),
    before: initial.report,
    after: current.report,
    stack: first,
  };
}

/** What is accepted in the file of waivers that stands beside the first file. */
async function waiversBeside(
  files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
  { files: [first = ''], workingDirectory }: HardenInput,
): Promise<Waiver[]> {
  const path = join(dirname(first), defaultWaiverFile);
  const outcome = await readSource(files, path, relative(workingDirectory, path));
  if ('source' in outcome) return parseWaiverFile(outcome.source);
  if (outcome.missing) return [];
  throw new JackerError('usage', {
    what: outcome.refused,
    where: { file: path },
    hint: outcome.hint,
  });
}

/** Behind a line: why it is there, and whether anybody saw that the service lives with it. */
function commentOf({ reason, ground }: RemedyChange): string {
  return `${reason} [${ground === 'proven' ? 'proven' : 'not proven'}]`;
}

function headOf({ files, override, workingDirectory }: HardenInput): string[] {
  const names = [...files, override ?? ''].map((path) => relative(workingDirectory, path) || path);
  return [
    'Written by jacker harden. Use it behind the files that it is for:',
    `docker compose ${names.map((name) => `-f ${name}`).join(' ')} up -d`,
  ];
}

function refuseUnreadable(stack: LoadedStack): void {
  if (stack.readable) return;
  throw new JackerError(
    'usage',
    stack.gaps
      .filter(({ kind }) => kind === 'unreadable' || kind === 'unresolved' || kind === 'schema')
      .map(({ what, hint, file, line, column }) => ({ what, hint, where: { file, line, column } })),
  );
}

/** Files with other texts in place of some. */
function over(
  files: Pick<FileSystem, 'read' | 'facts' | 'realPath'>,
  texts: ReadonlyMap<string, string>,
): Pick<FileSystem, 'read' | 'facts' | 'realPath'> {
  return {
    read: (path) => {
      const text = texts.get(path);
      return text === undefined
        ? files.read(path)
        : Promise.resolve(new TextEncoder().encode(text));
    },
    facts: (path) => {
      const text = texts.get(path);
      return text === undefined
        ? files.facts(path)
        : Promise.resolve({ kind: 'file', mode: 0o644, uid: 0, gid: 0, size: text.length });
    },
    realPath: (path) => files.realPath(path),
  };
}

async function textAt(files: Pick<FileSystem, 'read'>, path: string): Promise<string | null> {
  const bytes = await files.read(path);
  return bytes === null ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
