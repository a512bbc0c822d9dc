import { dirname, resolve } from 'node:path';
import type { AuditReport, StackReport } from '../audit/report-schema.ts';
import { auditReportVersion } from '../audit/report-version.ts';
import type { SourceFile } from '../compose/source.ts';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { rememberListings } from '../io/remembered-listings.ts';
import type { AppContext } from './app-context.ts';
import { defaultStack, findStacks } from './audit-targets.ts';
import type { OwnTarget } from './audit-own-project.ts';
import type { Evidence } from './evidence.ts';
import { createExaminer, type Examiner, type Question, type Target } from './examine-stacks.ts';

/** What to examine. */
export interface AuditInput extends Omit<Question, 'today' | 'proposer'> {
  /** Files and folders; none: the project here, or the Compose file here. */
  paths: readonly string[];
  /** All files together are one stack, each over those before it. */
  merge: boolean;
  /** Propose edits, too. */
  fixes?: boolean;
  /** A report of `jacker verify` about the project here. */
  evidence?: string;
  version: string;
}

/** An audit under way: one stack's report after the other, so that a thousand are not held at once. */
export interface AuditRun {
  head: Pick<AuditReport, 'version' | 'tool' | 'at'>;
  /** To be taken once. */
  stacks: AsyncIterable<StackReport>;
  /** The texts of the stacks taken so far, for excerpts. */
  sources: ReadonlyMap<string, SourceFile>;
}

/**
 * Examines Compose files, or the project here as it would be rendered. What is wrong in them is in
 * the report; thrown is only what is wrong with the question: no such control, nothing to examine,
 * a file of waivers that cannot be read. All that is thrown before the first stack is taken.
 */
export async function startAudit(context: AppContext, input: AuditInput): Promise<AuditRun> {
  const now = context.world.clock.now();
  const { workingDirectory, envFile, profiles, only, waivers, baseline, fixes, brief } = input;
  const question: Question = {
    workingDirectory,
    ...(envFile === undefined ? {} : { envFile }),
    ...(profiles ? { profiles } : {}),
    ...(only ? { only } : {}),
    ...(waivers === undefined ? {} : { waivers }),
    ...(baseline ? { baseline } : {}),
    ...(fixes ? { proposer: (await import('../remedy/proposed-edits.ts')).createProposer } : {}),
    ...(brief ? { brief } : {}),
    today: now.toISOString().slice(0, 10),
  };
  const files = rememberListings(context.world.files);
  const examiner = createExaminer(files, question);
  return {
    head: {
      version: auditReportVersion,
      tool: { name: 'jacker', version: input.version },
      at: now.toISOString(),
    },
    stacks: await stacksOf(context, files, input, examiner),
    sources: examiner.sources,
  };
}

async function stacksOf(
  context: AppContext,
  files: FileSystem,
  input: AuditInput,
  examiner: Examiner,
): Promise<AsyncIterable<StackReport>> {
  const { signal } = context.world;
  const named = input.paths.map((path) => resolve(input.workingDirectory, path));
  if (named.length === 0 || input.merge) {
    const target =
      named.length > 0 ? await examiner.load(named) : await targetHere(context, examiner);
    const evidence = await proofOf(context, input, target);
    const gaps = [...target.stack.gaps, ...(evidence?.gaps ?? [])];
    return each([{ ...target, stack: { ...target.stack, gaps } }], async (weighed) =>
      examiner.examine(weighed, evidence?.proven),
    );
  }
  if (input.evidence !== undefined) throw evidenceIsOfProject();
  const paths = await findStacks(files, named);
  // Read here already, because a broken one is an error, and no part of a report comes before that.
  for (const path of paths) await examiner.readWaivers(dirname(path));
  return each(paths, async (path) => {
    signal.throwIfAborted();
    return examiner.examine(await examiner.load([path]));
  });
}

async function* each<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  for (const item of items) yield await work(item);
}

/** The project in the folder that the command works in, else the Compose file there. */
async function targetHere(context: AppContext, examiner: Examiner): Promise<Target | OwnTarget> {
  const { files } = context.world;
  if ((await files.facts(context.location.envPath)) !== null) {
    // Loaded when it is used: most audits are of other files.
    const { ownProject } = await import('./audit-own-project.ts');
    const own = await ownProject(context, examiner);
    if (own) return own;
  }
  const here = await defaultStack(files, context.location.directory);
  if (here !== null) return examiner.load([here]);
  throw new JackerError('usage', {
    what: 'there is nothing to audit here',
    where: { file: context.location.directory },
    hint: 'Name a Compose file: jacker audit docker-compose.yml; or make a project: jacker init.',
  });
}

/** What the named evidence says; null where none is named. */
async function proofOf(
  context: AppContext,
  { evidence, workingDirectory }: AuditInput,
  target: Target | OwnTarget,
): Promise<Evidence | null> {
  if (evidence === undefined) return null;
  if (!('rendered' in target)) throw evidenceIsOfProject();
  const { evidenceOf } = await import('./audit-own-project.ts');
  return evidenceOf(context, target, { evidence, workingDirectory });
}

function evidenceIsOfProject(): JackerError {
  return new JackerError('usage', {
    what: '--evidence is about the project here, not about other files',
    hint: 'Take the files out, and name the project folder with -C.',
  });
}

/** A summary to which stacks are added one by one. */
export function createSummary(): {
  add(stack: StackReport): void;
  result(): AuditReport['summary'];
} {
  const summary: AuditReport['summary'] = {
    ...{ stacks: 0, services: 0, critical: 0, high: 0, medium: 0, low: 0, info: 0 },
    ...{ unknown: 0, waived: 0, gaps: 0, score: null },
  };
  return {
    result: () => summary,
    add: (stack) => {
      summary.stacks++;
      summary.services += stack.services;
      summary.gaps += stack.gaps.length;
      summary.score = Math.min(summary.score ?? 100, stack.score.score);
      for (const { status, severity, waiver, exception } of stack.findings) {
        if (status === 'unknown') summary.unknown++;
        else if (waiver || exception !== undefined) summary.waived++;
        else summary[severity]++;
      }
    },
  };
}
