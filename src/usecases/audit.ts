import { dirname, join, resolve } from 'node:path';
import { auditReportVersion, type AuditReport, type StackReport } from '../audit/report-schema.ts';
import { loadStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import type { SourceFile } from '../compose/source.ts';
import { mergedDocument } from '../controls/compose/merged-document.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { FileTree } from '../io/tree.ts';
import type { AppContext } from './app-context.ts';
import { defaultStack, findStacks } from './audit-targets.ts';
import { readEvidence, renderedDigests, weighEvidence, type Evidence } from './evidence.ts';
import { createExaminer, type Examiner, type Question, type Target } from './examine-stacks.ts';
import { authorityFiles } from '../secrets/specification.ts';
import { secretsFolder } from '../state/layout.ts';
import { prepareProject, renderPrepared } from './prepare.ts';

/** What to examine. */
export interface AuditInput extends Omit<Question, 'today'> {
  /** Files and folders; none: the project here, or the Compose file here. */
  paths: readonly string[];
  /** All files together are one stack, each over those before it. */
  merge: boolean;
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
  const { workingDirectory, envFile, profiles, only, waivers, baseline, fixes } = input;
  const question: Question = {
    workingDirectory,
    ...(envFile === undefined ? {} : { envFile }),
    ...(profiles ? { profiles } : {}),
    ...(only ? { only } : {}),
    ...(waivers === undefined ? {} : { waivers }),
    ...(baseline ? { baseline } : {}),
    ...(fixes ? { fixes } : {}),
    today: now.toISOString().slice(0, 10),
  };
  const examiner = createExaminer(context.world.files, question);
  return {
    head: {
      version: auditReportVersion,
      tool: { name: 'jacker', version: input.version },
      at: now.toISOString(),
    },
    stacks: await stacksOf(context, input, examiner),
    sources: examiner.sources,
  };
}

async function stacksOf(
  context: AppContext,
  input: AuditInput,
  examiner: Examiner,
): Promise<AsyncIterable<StackReport>> {
  const { files, signal } = context.world;
  const named = input.paths.map((path) => resolve(input.workingDirectory, path));
  if (named.length === 0 || input.merge) {
    const target =
      named.length > 0 ? await examiner.load(named) : await targetHere(context, examiner);
    const evidence = await evidenceOf(context, input, target);
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

/** A target, and the project's document as `verify` sees it, where it is the project. */
type TargetHere = Target & { rendered?: ComposeDocument };

/** The project in the folder that the command works in, else the Compose file there. */
async function targetHere(context: AppContext, examiner: Examiner): Promise<TargetHere> {
  const { files } = context.world;
  if ((await files.facts(context.location.envPath)) !== null) {
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

/** The project as it would be rendered now; null where `.env` is of something else than Jacker. */
async function ownProject(context: AppContext, examiner: Examiner): Promise<TargetHere | null> {
  const { world, location } = context;
  if ((await world.files.facts(join(location.directory, '.jacker'))) === null) {
    const other = await defaultStack(world.files, location.directory);
    if (other !== null) return null;
  }
  const prepared = await prepareProject(context);
  const { tree, secret } = await renderPrepared(prepared);
  const { stack, settings } = prepared.project;
  const stackFile = 'docker-compose.yml';
  return {
    stack: await loadStack(treeReader(tree), {
      files: [`/${stackFile}`],
      envFiles: [],
      shown: (path) => path.slice(1),
    }),
    project: {
      stack,
      settings,
      files: new Map([...tree, ...secret].map(([path, file]) => [path, file.content])),
    },
    rendered: mergedDocument(tree),
    waivers: await examiner.readWaivers(location.directory),
    host: { hostFiles: await examiner.host.secretFiles(await secretPaths(context)) },
  };
}

/** The project's files that hold secrets; the authority's certificate is everybody's to read. */
async function secretPaths({ world, location }: AppContext): Promise<string[]> {
  const folder = join(location.directory, secretsFolder);
  const names = await world.files.list(folder);
  return names
    .filter((name) => !name.startsWith('.') && name !== authorityFiles.certificate)
    .map((name) => join(folder, name));
}

/** A rendered tree as files below `/`. */
function treeReader(tree: FileTree): Pick<FileSystem, 'read' | 'facts' | 'realPath'> {
  const text = (path: string) => tree.get(path.slice(1))?.content;
  return {
    read: (path) => {
      const found = text(path);
      return Promise.resolve(found === undefined ? null : new TextEncoder().encode(found));
    },
    facts: (path) => {
      const found = text(path);
      return Promise.resolve(
        found === undefined
          ? null
          : { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: found.length },
      );
    },
    realPath: (path) => Promise.resolve(path),
  };
}

async function evidenceOf(
  { world }: AppContext,
  input: AuditInput,
  target: TargetHere,
): Promise<Evidence | null> {
  const { project, rendered } = target;
  if (input.evidence === undefined) return null;
  if (!project || !rendered) throw evidenceIsOfProject();
  const path = resolve(input.workingDirectory, input.evidence);
  const outcome = await readSource(world.files, path, input.evidence);
  if (!('source' in outcome)) {
    throw new JackerError('usage', {
      what: outcome.refused,
      where: { file: input.evidence },
      hint: outcome.hint,
    });
  }
  return weighEvidence(readEvidence(outcome.source.text, input.evidence), input.evidence, {
    project: project.stack.project,
    rendered: renderedDigests(rendered),
    time: world.clock.now(),
  });
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
