import type { RenderedProject } from '../render/render-project.ts';
import { JackerError } from '../error.ts';
import { resolveEndpoint } from '../docker/endpoint.ts';
import { parseImageReference } from '../docker/image-reference.ts';
import { createLister } from '../docker/project-containers.ts';
import type { EnsureReport } from '../secrets/ensure.ts';
import type { GenerationManifest } from '../state/generation-manifest.ts';
import { currentGeneration, listGenerations, readManifest } from '../state/generations.ts';
import { keyedDigest, plainDigest } from '../state/digest.ts';
import { compareTree, type TreeChange } from '../state/tree-changes.ts';
import { readWritten, type WrittenFiles } from '../state/written-files.ts';
import type { AppContext } from './app-context.ts';
import { observe, type ServiceState } from './observe.ts';
import { imageReference, prepareProject, renderPrepared, type PreparedProject } from './prepare.ts';
import { serviceChanges, type ServiceChange } from './service-changes.ts';

/** What `up` would do, as data. It holds no content and no secret. */
export interface Plan {
  version: 1;
  project: string;
  /** The generation in force; null before the first. */
  generation: number | null;
  files: readonly TreeChange[];
  services: readonly ServiceChange[];
  /** Secrets that would be made or renewed. */
  secrets: readonly string[];
  /** Images that would be pinned to the digest that their tag means now. */
  images: readonly string[];
  /** What is wanted is not what the generation in force recorded, so that a new one is made. */
  unrecorded: boolean;
  /** Why nothing is known of what runs; null where an engine was asked. */
  unseen: string | null;
  hasChanges: boolean;
}

/** A plan with the bytes that it is about, for those who go on to apply it. */
export interface PlannedProject {
  prepared: PreparedProject;
  rendered: RenderedProject;
  previous: GenerationManifest | null;
  plan: Plan;
}

/** What a plan takes into account besides the files. */
export interface PlanFacts {
  /** What runs; null where no engine answers, or none was asked. */
  states: readonly ServiceState[] | null;
  unseen?: string;
  secrets: readonly string[];
  images: readonly string[];
}

/**
 * The plan of a project; writes nothing. Secrets that are missing are made in memory only, so that
 * everything that needs them can be planned; without an engine the plan is about files alone.
 */
export async function plan(context: AppContext): Promise<Plan> {
  const prepared = await prepareProject(context);
  const looking = lookAtEngine(context, prepared);
  // Whatever else fails meanwhile is what is reported; this one waits to be asked.
  looking.catch(() => undefined);
  const { secrets, report } = await previewSecrets(prepared);
  const planned = await planPrepared(context, { ...prepared, secrets }, async () => ({
    ...(await looking),
    secrets: changedSecrets(report),
    images: unpinnedImages(prepared),
  }));
  return planned.plan;
}

/** The secrets as they would be after `up` made and renewed what it has to, in memory only. */
export async function previewSecrets(
  prepared: PreparedProject,
): Promise<{ secrets: PreparedProject['secrets']; report: EnsureReport }> {
  const specs = prepared.specs.filter((spec) => !spec.rendered);
  if (await prepared.secrets.isCurrent(specs)) {
    const kept = specs.map(({ name }) => name);
    return { secrets: prepared.secrets, report: { created: [], renewed: [], kept, missing: [] } };
  }
  const secrets = prepared.secrets.preview();
  return { secrets, report: await secrets.ensure(specs) };
}

/** The names of the secrets that were made or renewed. */
export function changedSecrets({ created, renewed }: EnsureReport): string[] {
  return [...created, ...renewed].sort();
}

/** The images of the stack that have no digest yet. */
export function unpinnedImages({ project, imageLock }: PreparedProject): string[] {
  const references = project.stack.services.map((service) => imageReference(project, service));
  return [...new Set(references)]
    .filter(
      (reference) =>
        imageLock[reference] === undefined && parseImageReference(reference).digest === undefined,
    )
    .sort();
}

async function lookAtEngine(
  context: AppContext,
  { project }: PreparedProject,
): Promise<Pick<PlanFacts, 'states' | 'unseen'>> {
  try {
    const { env, files, signal } = context.world;
    const endpoint = await resolveEndpoint({ env, files });
    return { states: await observe(createLister(endpoint, signal), project.stack) };
  } catch (error) {
    // The files can be compared without an engine, also by somebody who may not use it.
    const known =
      error instanceof JackerError && ['docker-unavailable', 'permission'].includes(error.code);
    if (!known) throw error;
    return { states: null, unseen: error.problems[0]?.what ?? 'no engine answers' };
  }
}

/**
 * Renders a prepared project and compares it with what is on the disk and with what runs.
 *
 * @param look answers what runs; it is asked for last, so that an engine has time to answer
 */
export async function planPrepared(
  context: AppContext,
  prepared: PreparedProject,
  look: () => PlanFacts | Promise<PlanFacts>,
): Promise<PlannedProject> {
  const { files } = context.world;
  const { project } = prepared;
  const rendered = await renderPrepared(prepared);
  const number = await currentGeneration({ files }, project.directory);
  const previous =
    number === null ? null : await readManifest({ files }, project.directory, number);
  // What a killed or failed run wrote is of a generation that never came into force.
  const begun: WrittenFiles[] = await Promise.all(
    (await listGenerations({ files }, project.directory))
      .filter((stored) => stored > (number ?? 0))
      .map((stored) => readManifest({ files }, project.directory, stored)),
  );
  begun.push(...(await readWritten(files, project.directory)));
  const compare = async (part: 'files' | 'secretFiles'): Promise<TreeChange[]> => {
    const changes = await compareTree(
      files,
      project.directory,
      part === 'files' ? rendered.tree : rendered.secret,
      writtenFiles(begun, previous, part),
      part === 'files'
        ? { part: 'public' }
        : { part: 'secret', digest: keyedDigest(prepared.versionKey) },
    );
    return notEdits(changes, begun, part);
  };
  const changes = (await Promise.all([compare('files'), compare('secretFiles')])).flat();
  const facts = await look();
  const services = serviceChanges(
    project.stack.services,
    changes,
    rendered.configs,
    facts.states,
    number !== null,
  );
  const unrecorded = !isRecorded(prepared, rendered, previous);
  const { secrets, images } = facts;
  const plan: Plan = {
    version: 1,
    project: project.stack.project,
    generation: number,
    files: changes,
    services,
    secrets,
    images,
    unrecorded,
    unseen: facts.states === null ? (facts.unseen ?? 'no engine was asked') : null,
    hasChanges:
      unrecorded ||
      secrets.length + images.length > 0 ||
      [...changes, ...services].some(({ kind }) => kind !== 'unchanged'),
  };
  return { prepared, rendered, previous, plan };
}

/**
 * True where the generation in force is what was rendered. It is not before the first, nor after a
 * run that was killed between starting the services and saying so.
 */
function isRecorded(
  { versionKey }: PreparedProject,
  rendered: RenderedProject,
  previous: GenerationManifest | null,
): boolean {
  const keyed = keyedDigest(versionKey);
  const matches = (
    wanted: RenderedProject['tree'],
    recorded: GenerationManifest['files'],
    digest: (content: string) => string,
  ): boolean =>
    wanted.size === Object.keys(recorded).length &&
    [...wanted].every(([path, file]) => recorded[path]?.digest === digest(file.content));
  return (
    previous !== null &&
    matches(rendered.tree, previous.files, plainDigest) &&
    matches(rendered.secret, previous.secretFiles, keyed)
  );
}

/** The files that earlier runs may have left: those of the generation in force come last and win. */
function writtenFiles(
  begun: readonly WrittenFiles[],
  previous: GenerationManifest | null,
  part: 'files' | 'secretFiles',
): Pick<GenerationManifest, 'files'> {
  const trees = [...begun, ...(previous ? [previous] : [])].map((one) => Object.entries(one[part]));
  return { files: Object.fromEntries(trees.flat()) };
}

/** A file as a run wrote it that made no generation of force is no person's edit. */
function notEdits(
  changes: readonly TreeChange[],
  begun: readonly WrittenFiles[],
  part: 'files' | 'secretFiles',
): TreeChange[] {
  return changes.map((change) => {
    const written = begun.some((one) => {
      const record = one[part][change.path];
      return record?.digest === change.from?.digest && record?.mode === change.from?.mode;
    });
    return change.edited && written ? { ...change, edited: false } : change;
  });
}

/** Throws `conflict` where applying would replace what a person wrote into a generated file. */
export function refuseEdits(plan: Plan): void {
  const edited = plan.files.filter(
    (change) => change.edited && change.from !== null && change.kind !== 'unchanged',
  );
  if (edited.length === 0) return;
  throw new JackerError(
    'conflict',
    edited.map((change) => ({
      what: 'is generated, and was edited or put there by hand',
      where: { file: change.path },
      hint: 'Move the change into a file under overrides/, or run jacker up --yes to replace the edit.',
    })),
  );
}
