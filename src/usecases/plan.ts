import type { RenderedProject } from '../render/render-project.ts';
import { JackerError } from '../error.ts';
import type { GenerationManifest } from '../state/generation-manifest.ts';
import { currentGeneration, listGenerations, readManifest } from '../state/generations.ts';
import { keyedDigest } from '../state/digest.ts';
import { compareTree, type TreeChange } from '../state/tree-changes.ts';
import type { AppContext } from './app-context.ts';
import { prepareProject, renderPrepared, type PreparedProject } from './prepare.ts';

/** What happens to a service when the plan is applied. */
export interface ServiceChange {
  service: string;
  kind: 'create' | 'recreate' | 'remove' | 'unchanged';
  /** The files whose change causes it. */
  because: readonly string[];
}

/** What `up` would do, as data. It holds no content and no secret. */
export interface Plan {
  version: 1;
  project: string;
  /** The generation in force; null before the first. */
  generation: number | null;
  files: readonly TreeChange[];
  services: readonly ServiceChange[];
  /** Secrets that would be made. */
  secrets: readonly string[];
  hasChanges: boolean;
}

/** A plan with the bytes that it is about, for those who go on to apply it. */
export interface PlannedProject {
  prepared: PreparedProject;
  rendered: RenderedProject;
  previous: GenerationManifest | null;
  plan: Plan;
}

/** The plan of a project; writes nothing. */
export async function plan(context: AppContext): Promise<Plan> {
  const prepared = await prepareProject(context);
  return (await planPrepared(context, prepared)).plan;
}

/** Renders a prepared project and compares it with what is on the disk. */
export async function planPrepared(
  context: AppContext,
  prepared: PreparedProject,
): Promise<PlannedProject> {
  const { files } = context.world;
  const { project } = prepared;
  const rendered = await renderPrepared(prepared);
  const number = await currentGeneration({ files }, project.directory);
  const previous =
    number === null ? null : await readManifest({ files }, project.directory, number);
  // What a killed or failed run wrote is of a generation that never came into force.
  const begun = await Promise.all(
    (await listGenerations({ files }, project.directory))
      .filter((stored) => stored > (number ?? 0))
      .map((stored) => readManifest({ files }, project.directory, stored)),
  );
  const changes = [
    ...notEdits(
      await compareTree(
        files,
        project.directory,
        rendered.tree,
        writtenFiles(begun, previous, 'files'),
      ),
      begun,
      'files',
    ),
    ...notEdits(
      await compareTree(
        files,
        project.directory,
        rendered.secret,
        writtenFiles(begun, previous, 'secretFiles'),
        { part: 'secret', digest: keyedDigest(prepared.versionKey) },
      ),
      begun,
      'secretFiles',
    ),
  ];
  const plan: Plan = {
    version: 1,
    project: project.stack.project,
    generation: number,
    files: changes,
    services: serviceChanges(prepared, changes),
    secrets: [],
    hasChanges: changes.some((change) => change.kind !== 'unchanged'),
  };
  return { prepared, rendered, previous, plan };
}

/** The files that earlier runs may have left: those of the generation in force come last and win. */
function writtenFiles(
  begun: readonly GenerationManifest[],
  previous: GenerationManifest | null,
  part: 'files' | 'secretFiles',
): Pick<GenerationManifest, 'files'> {
  const trees = [...begun, ...(previous ? [previous] : [])].map((one) => Object.entries(one[part]));
  return { files: Object.fromEntries(trees.flat()) };
}

/** A file as a generation that never came into force has it is no person's edit. */
function notEdits(
  changes: readonly TreeChange[],
  begun: readonly GenerationManifest[],
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

function serviceChanges(
  prepared: PreparedProject,
  changes: readonly TreeChange[],
): ServiceChange[] {
  const changed = new Map(
    changes.filter((change) => change.kind !== 'unchanged').map((change) => [change.path, change]),
  );
  const services = prepared.project.stack.services.map((service): ServiceChange => {
    const own = [`compose/${service.name}.yml`, ...service.configs.map((config) => config.path)];
    const because = own.filter((path) => changed.has(path));
    const isNew = changed.get(own[0] ?? '')?.kind === 'create';
    return {
      service: service.name,
      kind: isNew ? 'create' : because.length > 0 ? 'recreate' : 'unchanged',
      because,
    };
  });
  const removed = [...changed.values()].flatMap((change): ServiceChange[] => {
    const name = /^compose\/(.+)\.yml$/.exec(change.path)?.[1];
    return name && change.kind === 'delete'
      ? [{ service: name, kind: 'remove', because: [change.path] }]
      : [];
  });
  return [...services, ...removed];
}

/** A plan for people: one line for each service and file that changes. */
export function renderPlan(plan: Plan): string {
  if (!plan.hasChanges) return 'No changes.\n';
  const sign = { create: '+', update: '~', recreate: '~', mode: '~', delete: '-', remove: '-' };
  const lines = [
    ...plan.services.flatMap((change) =>
      change.kind === 'unchanged' ? [] : [`${sign[change.kind]} service ${change.service}`],
    ),
    ...plan.files.flatMap((change) =>
      change.kind === 'unchanged'
        ? []
        : [
            `${sign[change.kind]} ${change.path}${change.edited ? '  (edited by hand: the edit will be replaced)' : ''}`,
          ],
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Throws `conflict` where applying would replace what a person wrote into a generated file. */
export function refuseEdits(plan: Plan): void {
  const edited = plan.files.filter(
    (change) => change.edited && change.from !== null && change.kind !== 'unchanged',
  );
  if (edited.length === 0 || plan.generation === null) return;
  throw new JackerError(
    'conflict',
    edited.map((change) => ({
      what: 'was edited by hand, and is generated',
      where: { file: change.path },
      hint: 'Move the change into a file under overrides/, or run jacker up --yes to replace the edit.',
    })),
  );
}
