import { resolveDigests } from '../docker/images.ts';
import { describeProblem } from '../error.ts';
import { readJournal, resumeTransaction } from '../state/journal.ts';
import { removeLeftovers } from '../state/leftovers.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { applyPlan } from './apply-plan.ts';
import { keepImageLock, ownership, reconcile } from './apply-steps.ts';
import { checkPorts } from './check-ports.ts';
import { connect, type Connection } from './connect.ts';
import { keepEditorSchema } from './editor-schema.ts';
import { observe } from './observe.ts';
import { changedSecrets, planPrepared, refuseEdits, unpinnedImages, type Plan } from './plan.ts';
import { imageReference, keepVersionKey, prepareProject, type PreparedProject } from './prepare.ts';
import { requireFloor } from './static-floor.ts';
import { sweepTasks } from './sweep-tasks.ts';

/** How {@link up} goes about it. */
export interface UpOptions {
  /** Replace what a person wrote into generated files. */
  replaceEdits: boolean;
  /** Called with the plan before anything is applied. */
  onPlan?: (plan: Plan) => void;
}

/** What {@link up} did. */
export interface UpResult {
  changed: boolean;
  /** The generation in force now. */
  generation: number;
  plan: Plan;
  /** Statements that the reconciliation of Postgres needed. */
  reconciled: number;
  secretsCreated: readonly string[];
}

/**
 * Brings the project to what its files say, as one journaled transaction. Throws `apply-restored`
 * where the new state failed and the previous generation serves again, `apply-failed` where there
 * is none or it failed too; every refusal before the first write leaves all as it was.
 */
export async function up(context: AppContext, options: UpOptions): Promise<UpResult> {
  const { world, location, reporter } = context;
  // Everything that can be wrong with the input is said before anything is locked or written.
  const notes = await requireFloor(context, await prepareProject(context));
  for (const problem of notes) reporter.note(describeProblem(problem));
  const lock = await acquireLock(world, location.directory, 'up');
  try {
    const unfinished = await readJournal(world.files, location.directory);
    if (unfinished) {
      reporter.note(`Going on after an interrupted jacker ${unfinished.command}.`);
      const transaction = await resumeTransaction(world, location.directory, unfinished);
      await transaction.end('abandoned');
    }
    await removeLeftovers(world, location.directory);
    const result = await applyProject(context, options);
    await keepEditorSchema(world, context.root, location.directory);
    return result;
  } finally {
    await lock.release();
  }
}

async function applyProject(context: AppContext, options: UpOptions): Promise<UpResult> {
  const { reporter } = context;
  let prepared = await prepareProject(context);
  const { project, secrets, specs } = prepared;
  const connection = await connect(context, project.stack);
  try {
    // Without an engine, its ports or a new enough Compose nothing can come of it: no secret is made.
    await Promise.all([connection.engine.version(), connection.compose.version()]);
    await checkPorts(context, connection.engine, project, connection.endpoint.kind === 'unix');
    await sweepTasks(connection.engine, project.stack);
    const report = await secrets.ensure(specs.filter((spec) => !spec.rendered));
    if (report.created.length > 0) reporter.step(`made ${report.created.length} secrets`);
    const images = unpinnedImages(prepared);
    prepared = await lockImages(context, connection, await keepVersionKey(prepared));
    const planned = await planPrepared(context, prepared, async () => ({
      states: await observe(connection.engine, project.stack),
      secrets: changedSecrets(report),
      images,
    }));
    if (!options.replaceEdits) refuseEdits(planned.plan);
    if (planned.previous && isInPlace(planned.plan)) {
      await keepImageLock(context, prepared.imageLock);
      const fixed = await ownership(context, connection, prepared);
      const reconciled = await reconcile(context, connection, prepared);
      return {
        changed: planned.plan.hasChanges || fixed + reconciled > 0,
        generation: planned.previous.number,
        plan: planned.plan,
        reconciled,
        secretsCreated: report.created,
      };
    }
    options.onPlan?.(planned.plan);
    return {
      ...(await applyPlan(context, connection, planned)),
      changed: true,
      plan: planned.plan,
      secretsCreated: report.created,
    };
  } finally {
    connection.engine.close();
  }
}

/** True where files, services and the record of both are as wanted: no generation has to be made. */
function isInPlace({ files, services, unrecorded }: Plan): boolean {
  return !unrecorded && [...files, ...services].every(({ kind }) => kind === 'unchanged');
}

/** Pins images that are new; what is pinned stays, whatever the registry says now. */
async function lockImages(
  context: AppContext,
  connection: Connection,
  prepared: PreparedProject,
): Promise<PreparedProject> {
  const { reporter } = context;
  const { project } = prepared;
  const references = project.stack.services.map((service) => imageReference(project, service));
  if (references.every((reference) => prepared.imageLock[reference] !== undefined)) return prepared;
  const imageLock = await resolveDigests(connection.engine, references, prepared.imageLock, {
    pull: true,
    onProgress: (reference) => reporter.progress(reference, 'pulling'),
  });
  return { ...prepared, imageLock };
}
