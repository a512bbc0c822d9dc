import { dirname, join, relative, resolve } from 'node:path';
import { auditStack, type AuditInputs } from '../audit/audit-stack.ts';
import type { StackReport } from '../audit/report-schema.ts';
import { parseWaiverFile } from '../audit/waiver-file.ts';
import type { Waiver } from '../audit/waivers.ts';
import { loadStack, type LoadedStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import type { SourceFile } from '../compose/source.ts';
import type { ProjectModel } from '../controls/control.ts';
import { controls as allControls } from '../controls/registry.ts';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import { keepYoungGenerationSmall, memoryRelief } from '../io/memory.ts';
import type { createProposer } from '../remedy/proposed-edits.ts';
import { chooseControls } from './choose-controls.ts';
import { createHostLook, type HostLook } from './host-facts.ts';

/** The name of the waivers' file that is taken without being named. */
export const defaultWaiverFile = '.jacker-waivers.yml';

/** Characters of files that are kept until the report is written. */
const mostKeptText = 32 * 1024 * 1024;
/** Findings of a run that are listed one by one. */
const mostListed = 150_000;
/** Services of one stack whose results are much to hold. */
const manyServices = 100;

/** How stacks are examined. */
export interface Question {
  /** The folder that relative paths and shown ones start from. */
  workingDirectory: string;
  envFile?: string;
  profiles?: readonly string[];
  only?: readonly string[];
  /** A file of waivers; by default `.jacker-waivers.yml` beside the first file of a stack. */
  waivers?: string;
  baseline?: ReadonlySet<string>;
  /** YYYY-MM-DD */
  today: string;
  /** For formats that carry proposed edits: each is tried first, which takes its time. */
  proposer?: typeof createProposer;
  /** For a format without fingerprints and graph. */
  brief?: boolean;
}

/** One stack to examine. */
export interface Target {
  stack: LoadedStack;
  waivers: readonly Waiver[];
  project?: ProjectModel;
  host: NonNullable<AuditInputs['host']>;
}

/** Examines the stacks of one run, one after the other. */
export interface Examiner {
  /** Throws `usage` for a file of waivers that cannot be read. */
  load(paths: readonly string[]): Promise<Target>;
  readWaivers(folder: string): Promise<Waiver[]>;
  host: HostLook;
  examine(target: Target, proven?: AuditInputs['proven']): StackReport;
  /** The texts of what was examined, for excerpts; of a very large run not all of them. */
  sources: ReadonlyMap<string, SourceFile>;
}

/** Throws `usage` for a control that does not exist. */
export function createExaminer(files: FileSystem, question: Question): Examiner {
  const { workingDirectory, envFile, profiles, baseline, today } = question;
  const controls = chooseControls(question.only, allControls);
  const sources = new Map<string, SourceFile>();
  const relieve = memoryRelief();
  const propose = question.proposer?.(new Map(controls.map((control) => [control.id, control])));
  let room = mostKeptText;
  let listed = 0;

  const inside = workingDirectory.endsWith('/') ? workingDirectory : `${workingDirectory}/`;
  const shown = (path: string): string => {
    // Most paths are: what is resolved already has nothing to be worked out.
    if (path.startsWith(inside)) return path.slice(inside.length);
    const short = relative(workingDirectory, path);
    return short === '' || short.startsWith('../../') ? path : short;
  };

  const known = new Map<string, Promise<Waiver[]>>();
  const readWaivers = (folder: string): Promise<Waiver[]> => {
    const before = known.get(folder);
    if (before) return before;
    const waivers = waiversIn(folder);
    known.set(folder, waivers);
    return waivers;
  };
  const waiversIn = async (folder: string): Promise<Waiver[]> => {
    const path =
      question.waivers === undefined
        ? join(folder, defaultWaiverFile)
        : resolve(workingDirectory, question.waivers);
    const outcome = await readSource(files, path, shown(path));
    if ('source' in outcome) return parseWaiverFile(outcome.source);
    if (outcome.missing && question.waivers === undefined) return [];
    throw new JackerError('usage', {
      what: outcome.refused,
      where: { file: path },
      hint: outcome.hint,
    });
  };

  const host = createHostLook(files, shown);
  return {
    sources,
    readWaivers,
    host,
    load: async (paths) => {
      const stack = await loadStack(files, {
        files: paths,
        shown,
        ...(envFile === undefined ? {} : { envFiles: [resolve(workingDirectory, envFile)] }),
        ...(profiles ? { profiles } : {}),
      });
      return {
        stack,
        waivers: await readWaivers(dirname(paths[0] ?? '')),
        host: await host.ofStack(stack),
      };
    },
    examine: ({ stack, waivers, project, host: seen }, proven) => {
      const isLarge = Object.keys(stack.document.services).length > manyServices;
      if (isLarge) keepYoungGenerationSmall();
      for (const source of stack.sources) {
        // They are for excerpts only, which are missed less than memory would be.
        room -= source.text.length;
        if (room >= 0) sources.set(source.path, source);
      }
      const report = auditStack({
        controls,
        stack,
        host: seen,
        waivers,
        // What a small stack leaves behind is not worth a look after each control.
        ...(isLarge ? { relieve } : {}),
        today,
        ...(project ? { project } : {}),
        ...(baseline ? { baseline } : {}),
        ...(proven ? { proven } : {}),
        ...(question.brief ? { brief: true } : {}),
        ...(propose ? { fixOf: propose(stack) } : {}),
        // One of each control is left, so that no stack passes for want of room.
        ...(listed < mostListed ? {} : { mostListed: 1 }),
      });
      listed += report.findings.length;
      relieve();
      return report;
    },
  };
}
