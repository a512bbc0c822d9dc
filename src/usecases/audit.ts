import { dirname, join, relative, resolve } from 'node:path';
import { auditStack, type AuditInputs } from '../audit/audit-stack.ts';
import { auditReportVersion, type AuditReport, type StackReport } from '../audit/report-schema.ts';
import { parseWaiverFile } from '../audit/waiver-file.ts';
import type { Waiver } from '../audit/waivers.ts';
import { loadStack, type LoadedStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import type { SourceFile } from '../compose/source.ts';
import type { Control, ProjectModel, Severity } from '../controls/control.ts';
import { mergedDocument } from '../controls/compose/merged-document.ts';
import { controls as allControls } from '../controls/registry.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';
import { memoryRelief } from '../io/memory.ts';
import type { FileTree } from '../io/tree.ts';
import type { AppContext } from './app-context.ts';
import { defaultStack, findStacks } from './audit-targets.ts';
import { chooseControls } from './choose-controls.ts';
import { readEvidence, renderedDigests, weighEvidence, type Evidence } from './evidence.ts';
import { prepareProject, renderPrepared } from './prepare.ts';

/** The name of the waivers' file that is taken without being named. */
export const defaultWaiverFile = '.jacker-waivers.yml';

/** Characters of files that are kept until the report is written. */
const mostKeptText = 32 * 1024 * 1024;
/** Services of one stack whose results are much to hold. */
const manyServices = 100;
/** Findings of a run that are listed one by one. */
const mostListed = 150_000;

/** What to examine. */
export interface AuditInput {
  /** Files and folders; none: the project here, or the Compose file here. */
  paths: readonly string[];
  /** The folder that relative paths and shown ones start from. */
  workingDirectory: string;
  /** All files together are one stack, each over those before it. */
  merge: boolean;
  envFile?: string;
  profiles?: readonly string[];
  only?: readonly string[];
  /** A file of waivers; by default `.jacker-waivers.yml` beside the first file of a stack. */
  waivers?: string;
  baseline?: ReadonlySet<string>;
  /** A report of `jacker verify` about the project here. */
  evidence?: string;
  version: string;
}

/** A report, and the texts it is about: for excerpts. */
export interface AuditResult {
  report: AuditReport;
  sources: ReadonlyMap<string, SourceFile>;
}

/**
 * Examines Compose files, or the project here as it would be rendered. What is wrong in them is in
 * the report; thrown is only what is wrong with the question: no such control, nothing to examine,
 * a file of waivers that cannot be read.
 */
export async function audit(context: AppContext, input: AuditInput): Promise<AuditResult> {
  const { world } = context;
  const now = world.clock.now();
  const controls = chooseControls(input.only, allControls);
  const sources = new Map<string, SourceFile>();
  const stacks: StackReport[] = [];
  const relieve = memoryRelief();
  let room = mostKeptText;
  let listed = 0;
  for await (const loaded of ahead(await targetsOf(context, input))) {
    world.signal.throwIfAborted();
    const { stack, project, waivers } = loaded;
    for (const source of stack.sources) {
      // They are for excerpts only, which are missed less than memory would be.
      room -= source.text.length;
      if (room >= 0) sources.set(source.path, source);
    }
    const evidence = await evidenceOf(context, input, loaded);
    const inputs: AuditInputs = {
      controls,
      stack: evidence ? { ...stack, gaps: [...stack.gaps, ...evidence.gaps] } : stack,
      waivers,
      // What a small stack leaves behind is not worth a look after each control.
      ...(Object.keys(stack.document.services).length > manyServices ? { relieve } : {}),
      today: now.toISOString().slice(0, 10),
      ...(project ? { project } : {}),
      ...(input.baseline ? { baseline: input.baseline } : {}),
      ...(evidence ? { proven: evidence.proven } : {}),
      // One of each control is left, so that no stack passes for want of room.
      ...(listed < mostListed ? {} : { mostListed: 1 }),
    };
    const report = auditStack(inputs);
    relieve();
    listed += report.findings.length;
    stacks.push(report);
  }
  return {
    report: {
      version: auditReportVersion,
      tool: { name: 'jacker', version: input.version },
      at: now.toISOString(),
      stacks,
      summary: summarise(stacks),
    },
    sources,
  };
}

interface Target {
  stack: LoadedStack;
  project?: ProjectModel;
  /** The project's document as `verify` sees it. */
  rendered?: ComposeDocument;
  waivers: readonly Waiver[];
}

/** Files that are read while earlier ones are examined. */
const readAhead = 16;

/** The targets in their order, some of them being read while one is looked at. */
async function* ahead(targets: readonly (() => Promise<Target>)[]): AsyncGenerator<Target> {
  const reading: Promise<Target>[] = [];
  let next = 0;
  for (let index = 0; index < targets.length; index++) {
    for (; next < Math.min(targets.length, index + readAhead); next++) {
      const target = targets[next]?.();
      // Where an earlier one is refused, nobody waits for this one.
      target?.catch(() => undefined);
      if (target) reading.push(target);
    }
    const first = reading.shift();
    if (first) yield await first;
  }
}

/** What to load, as functions: a thousand files are not held at once. */
async function targetsOf(
  context: AppContext,
  input: AuditInput,
): Promise<(() => Promise<Target>)[]> {
  const { files } = context.world;
  const shown = (path: string): string => {
    const short = relative(input.workingDirectory, path);
    return short === '' || short.startsWith('../../') ? path : short;
  };
  const load = (paths: readonly string[]) => async (): Promise<Target> => ({
    stack: await loadStack(files, {
      files: paths,
      shown,
      ...(input.envFile === undefined
        ? {}
        : { envFiles: [resolve(input.workingDirectory, input.envFile)] }),
      ...(input.profiles ? { profiles: input.profiles } : {}),
    }),
    waivers: await readWaivers(files, input, dirname(paths[0] ?? '')),
  });
  const absolute = input.paths.map((path) => resolve(input.workingDirectory, path));
  if (absolute.length > 0) {
    if (input.merge) return [load(absolute)];
    return (await findStacks(files, absolute)).map((path) => load([path]));
  }
  if ((await files.facts(context.location.envPath)) !== null) {
    const own = await ownProject(context, input);
    if (own) return [() => Promise.resolve(own)];
  }
  const here = await defaultStack(files, context.location.directory);
  if (here !== null) return [load([here])];
  throw new JackerError('usage', {
    what: 'there is nothing to audit here',
    where: { file: context.location.directory },
    hint: 'Name a Compose file: jacker audit docker-compose.yml; or make a project: jacker init.',
  });
}

/** The project as it would be rendered now; null where `.env` is of something else than Jacker. */
async function ownProject(context: AppContext, input: AuditInput): Promise<Target | null> {
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
    waivers: await readWaivers(world.files, input, location.directory),
  };
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
  target: Target,
): Promise<Evidence | null> {
  const { project, rendered } = target;
  if (input.evidence === undefined) return null;
  if (!project || !rendered) {
    throw new JackerError('usage', {
      what: '--evidence is about the project here, not about other files',
      hint: 'Take the files out, and name the project folder with -C.',
    });
  }
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

async function readWaivers(
  files: FileSystem,
  input: AuditInput,
  folder: string,
): Promise<Waiver[]> {
  const path =
    input.waivers === undefined
      ? join(folder, defaultWaiverFile)
      : resolve(input.workingDirectory, input.waivers);
  const outcome = await readSource(files, path, relative(input.workingDirectory, path));
  if ('source' in outcome) return parseWaiverFile(outcome.source);
  if (outcome.missing && input.waivers === undefined) return [];
  throw new JackerError('usage', {
    what: outcome.refused,
    where: { file: path },
    hint: outcome.hint,
  });
}

function summarise(stacks: readonly StackReport[]): AuditReport['summary'] {
  const findings = stacks.flatMap((stack) => stack.findings);
  const open = findings.filter(
    (finding) => finding.status === 'fail' && !finding.waiver && finding.exception === undefined,
  );
  const count = (severity: Severity): number =>
    open.filter((finding) => finding.severity === severity).length;
  return {
    stacks: stacks.length,
    services: stacks.reduce((all, stack) => all + stack.services, 0),
    critical: count('critical'),
    high: count('high'),
    medium: count('medium'),
    low: count('low'),
    info: count('info'),
    unknown: findings.filter((finding) => finding.status === 'unknown').length,
    waived:
      findings.length - open.length - findings.filter((one) => one.status === 'unknown').length,
    gaps: stacks.reduce((all, stack) => all + stack.gaps.length, 0),
    score: stacks.length === 0 ? null : Math.min(...stacks.map((stack) => stack.score.score)),
  };
}

/** The controls that an audit can use, for messages. */
export function auditControls(): readonly Control[] {
  return allControls.filter((control) => control.static !== undefined);
}
