import * as z from 'zod';
import { JackerError } from '../error.ts';
import type { World } from '../io/world.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { JsonValue } from './canonical-json.ts';
import { privateFileMode, privateFolderMode, projectLayout } from './layout.ts';

/*
 * The write-ahead journal of one transaction. Each line is on the disk before what it announces is
 * done, and counts only with its newline: a torn last line was not yet announced.
 *
 * Recovery, for the next command that holds the lock, when `readJournal` answers a transaction:
 *
 * - Every step is safe to repeat: it looks at reality first. A journal narrows down where to look.
 * - State `done`: its act has happened, completely.
 * - State `intent`: its act has not begun, is half done, or is done; all three must be allowed for.
 * - State `failed`: as `intent`; the act reported an error and the process lived to record it.
 * - A step that is not in the journal has not begun.
 * - No step in the journal: nothing has changed; end it as `abandoned`.
 * - Otherwise bring the generation `previous` back (steps recorded with `resumeTransaction`), verify
 *   it, and end as `restored`; or, where nothing but the end is missing, finish and end `committed`.
 * - The journal is the truth about what was begun, `.jacker/current` about what is in force:
 *   `setCurrent` belongs into the last step before `committed`.
 */

/** What the journal needs of the world. */
export type JournalContext = Pick<World, 'files' | 'clock' | 'random'>;

/** Facts recorded with a step. Never a secret value: journals are kept and shown. */
export type StepData = Readonly<Record<string, JsonValue>>;

/** How a transaction ended: applied, undone, or never begun to change anything. */
export type Outcome = 'committed' | 'restored' | 'abandoned';

/** One step as the journal left it. */
export interface JournalStep {
  name: string;
  state: 'intent' | 'done' | 'failed';
  data: StepData;
}

/** A transaction that began and has no end in the journal. */
export interface UnfinishedTransaction {
  id: string;
  command: string;
  /** The generation that was being applied. */
  generation: number;
  /** The generation in force before; `null` at the first one. */
  previous: number | null;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** In the order in which they began; a repeated step appears once per attempt. */
  steps: readonly JournalStep[];
}

/** A transaction that runs. */
export interface Transaction {
  readonly id: string;
  /** Records the intent, acts, records the result; a failure is recorded and thrown on. */
  step<T>(name: string, act: () => Promise<T>, data?: StepData): Promise<T>;
  /** Records the end and puts the journal into the archive. */
  end(outcome: Outcome): Promise<void>;
}

/** The newest archived journals that are kept. */
const keptJournals = 20;

const data = z.record(z.string(), z.json());
const common = { at: z.string(), id: z.string() };
const lineSchema = z.discriminatedUnion('phase', [
  z.object({
    ...common,
    phase: z.literal('begin'),
    command: z.string(),
    generation: z.int(),
    previous: z.int().nullable(),
  }),
  z.object({ ...common, phase: z.literal('intent'), step: z.string(), data }),
  z.object({ ...common, phase: z.literal('done'), step: z.string() }),
  z.object({ ...common, phase: z.literal('failed'), step: z.string(), error: z.string() }),
  z.object({
    ...common,
    phase: z.literal('end'),
    outcome: z.enum(['committed', 'restored', 'abandoned']),
  }),
]);

type Line = z.infer<typeof lineSchema>;
type BeginLine = Extract<Line, { phase: 'begin' }>;

function parseLine(path: string, text: string, index: number): Line {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new JackerError(
      'project-invalid',
      {
        what: 'A line of the journal is damaged',
        where: { file: path, line: index + 1 },
        why: 'only the last line can be cut short by a crash; this one was changed afterwards',
        hint: 'Check what runs with "jacker status", then move the file away to go on without it.',
      },
      { cause: error },
    );
  }
}

/** The complete lines of a journal; what follows the last newline was never announced. */
function completeText(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

function parseJournal(path: string, text: string): Line[] {
  return completeText(text)
    .split('\n')
    .slice(0, -1)
    .map((line, index) => parseLine(path, line, index));
}

function stepsOf(lines: readonly Line[]): JournalStep[] {
  const steps: JournalStep[] = [];
  for (const line of lines) {
    if (line.phase === 'intent') {
      steps.push({ name: line.step, state: 'intent', data: line.data });
    } else if (line.phase === 'done' || line.phase === 'failed') {
      const step = steps.findLast(({ name, state }) => name === line.step && state === 'intent');
      if (step) step.state = line.phase;
    }
  }
  return steps;
}

async function readLines(files: FileSystem, projectDir: string): Promise<Line[]> {
  const path = projectLayout(projectDir).currentJournal;
  return parseJournal(path, (await files.readText(path)) ?? '');
}

/**
 * The transaction that an earlier command left unfinished, or `null`.
 *
 * @throws JackerError `project-invalid` where a line other than a torn last one is damaged
 */
export async function readJournal(
  files: FileSystem,
  projectDir: string,
): Promise<UnfinishedTransaction | null> {
  const lines = await readLines(files, projectDir);
  const begin = lines.find((line): line is BeginLine => line.phase === 'begin');
  if (begin === undefined || lines.some((line) => line.phase === 'end')) return null;
  const { id, command, generation, previous, at } = begin;
  return { id, command, generation, previous, startedAt: at, steps: stepsOf(lines) };
}

/** Moves the current journal to the archive and removes the oldest ones beyond the kept number. */
async function archive(files: FileSystem, projectDir: string, id: string): Promise<void> {
  const layout = projectLayout(projectDir);
  await files.rename(layout.currentJournal, layout.journal(id));
  const ids = (await files.list(layout.journals))
    .filter((name) => name.endsWith('.ndjson') && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.ndjson'.length))
    .filter((name) => name !== 'current');
  for (const old of ids.slice(0, -keptJournals)) await files.remove(layout.journal(old));
}

/** The kind of an error only: its text might quote what must not be kept. */
function errorKind(error: unknown): string {
  if (error instanceof JackerError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

function transactionOf(context: JournalContext, projectDir: string, id: string): Transaction {
  const { files, clock } = context;
  const { currentJournal } = projectLayout(projectDir);
  const record = async (line: Readonly<Record<string, JsonValue>>): Promise<void> => {
    const text = JSON.stringify({ at: clock.now().toISOString(), id, ...line });
    await files.append(currentJournal, `${text}\n`, { mode: privateFileMode });
  };
  return {
    id,
    step: async (name, act, stepData = {}) => {
      await record({ step: name, phase: 'intent', data: stepData });
      let result;
      try {
        result = await act();
      } catch (error) {
        try {
          await record({ step: name, phase: 'failed', error: errorKind(error) });
        } catch {
          // The step's own error is the one to report; without this line it stays an `intent`.
        }
        throw error;
      }
      await record({ step: name, phase: 'done' });
      return result;
    },
    end: async (outcome) => {
      await record({ phase: 'end', outcome });
      await archive(files, projectDir, id);
    },
  };
}

/**
 * Begins a transaction; the caller holds the lock.
 *
 * @throws JackerError `conflict` where an unfinished transaction is to be recovered first
 */
export async function beginTransaction(
  context: JournalContext,
  projectDir: string,
  what: { command: string; generation: number; previous: number | null },
): Promise<Transaction> {
  const { files, clock, random } = context;
  const layout = projectLayout(projectDir);
  const unfinished = await readJournal(files, projectDir);
  if (unfinished !== null) {
    throw new JackerError('conflict', {
      what: `An earlier "jacker ${unfinished.command}" was not finished`,
      where: { file: layout.currentJournal },
      why: `it began ${unfinished.startedAt} and has no end in the journal`,
      hint: 'Run "jacker up" to recover first.',
    });
  }
  await files.makeDirectory(layout.journals, privateFolderMode);
  // A process killed between the end of a transaction and its archiving left it here.
  const ended = (await readLines(files, projectDir))[0];
  if (ended !== undefined) await archive(files, projectDir, ended.id);
  const at = clock.now().toISOString();
  // Begins with the time, so that sorting by name is sorting by age.
  const id = `${at.replace(/[:.]/g, '-')}-${Buffer.from(random.bytes(3)).toString('hex')}`;
  const begin = JSON.stringify({ at, id, phase: 'begin', ...what });
  await files.write(layout.currentJournal, `${begin}\n`, { mode: privateFileMode });
  return transactionOf(context, projectDir, id);
}

/**
 * Goes on with an unfinished transaction, to record the steps of its recovery and its end. A torn
 * last line is removed first.
 */
export async function resumeTransaction(
  context: JournalContext,
  projectDir: string,
  unfinished: UnfinishedTransaction,
): Promise<Transaction> {
  const { currentJournal } = projectLayout(projectDir);
  const text = (await context.files.readText(currentJournal)) ?? '';
  const complete = completeText(text);
  if (complete !== text) {
    await context.files.write(currentJournal, complete, { mode: privateFileMode });
  }
  return transactionOf(context, projectDir, unfinished.id);
}
