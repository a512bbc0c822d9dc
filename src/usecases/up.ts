import { join } from 'node:path';
import { formatImageLock } from '../docker/image-lock.ts';
import { resolveDigests } from '../docker/images.ts';
import { reconcilePostgres } from '../data/reconcile-postgres.ts';
import { describeProblem, JackerError } from '../error.ts';
import { appendAudit } from '../state/audit-log.ts';
import { keyedDigest, plainDigest } from '../state/digest.ts';
import {
  listGenerations,
  loadGeneration,
  pruneGenerations,
  setCurrent,
  storeGeneration,
} from '../state/generations.ts';
import {
  beginTransaction,
  readJournal,
  resumeTransaction,
  type Transaction,
} from '../state/journal.ts';
import { generationName } from '../state/layout.ts';
import { removeLeftovers } from '../state/leftovers.ts';
import { acquireLock } from '../state/lock.ts';
import { applyTreeChange, compareTree, type TreeChange } from '../state/tree-changes.ts';
import { forgetWritten } from '../state/written-files.ts';
import type { AppContext } from './app-context.ts';
import { connect, type Connection } from './connect.ts';
import { keepEditorSchema } from './editor-schema.ts';
import { explainFailure } from './explain-failure.ts';
import { isInForce, observe } from './observe.ts';
import {
  changedSecrets,
  planPrepared,
  refuseEdits,
  unpinnedImages,
  type Plan,
  type PlannedProject,
} from './plan.ts';
import { checkPorts } from './check-ports.ts';
import {
  imageLockFile,
  imageReference,
  keepVersionKey,
  prepareProject,
  type PreparedProject,
} from './prepare.ts';
import { ownVolumes } from './own-volumes.ts';
import { setOwnership } from './set-ownership.ts';
import { startServices } from './start-services.ts';
import { secretRedactor } from './redact-secrets.ts';
import { restoreInputs, secretInputs } from './secret-inputs.ts';
import { sweepTasks } from './sweep-tasks.ts';
import { requireFloor } from './static-floor.ts';

/** Generations that are kept. */
const keptGenerations = 10;
/** The services that hold data: they start, and are reconciled, before those that use them. */
const dataServices = ['postgres', 'redis'];

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
      ...(await applyPlanned(context, connection, planned)),
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

/** Writes `images.lock` where it says something else. */
async function keepImageLock(
  { world, location }: AppContext,
  imageLock: PreparedProject['imageLock'],
): Promise<void> {
  const path = join(location.directory, imageLockFile);
  const text = formatImageLock(imageLock);
  if ((await world.files.readText(path)) === text) return;
  await world.files.write(path, text, { mode: 0o644 });
}

async function applyPlanned(
  context: AppContext,
  connection: Connection,
  planned: PlannedProject,
): Promise<Omit<UpResult, 'secretsCreated'>> {
  const { world, reporter } = context;
  const { prepared, rendered, plan, previous } = planned;
  const { project } = prepared;
  const directory = project.directory;
  const stored = await listGenerations(world, directory);
  const number = Math.max(0, ...stored) + 1;
  const transaction = await beginTransaction(world, directory, {
    command: 'up',
    generation: number,
    previous: plan.generation,
  });
  let reconciled = 0;
  try {
    await transaction.step('store-generation', async () =>
      storeGeneration(world, directory, {
        number,
        createdAt: world.clock.now(),
        reason: 'up',
        tree: rendered.tree,
        secretTree: rendered.secret,
        secretInputs: await secretInputs(prepared.secrets, prepared.specs),
        images: prepared.imageLock,
        settingsDigest: plainDigest(JSON.stringify(project.settings.values)),
        digestKey: prepared.versionKey,
      }),
    );
    // Before any file that names a digest: what is pinned once must not be resolved anew.
    await transaction.step('lock-images', () => keepImageLock(context, prepared.imageLock));
    await writeTree(context, transaction, planned);
    await transaction.step('set-ownership', () => ownership(context, connection, prepared));
    await transaction.step('own-volumes', () =>
      ownVolumes({ ...connection, image: () => shellImage(connection, prepared) }, project),
    );
    reconciled = await start(context, connection, planned, transaction);
    await transaction.step('commit', () => setCurrent(world, directory, number));
  } catch (error) {
    await recover(context, connection, planned, number, transaction, error);
  }
  await transaction.end('committed');
  await forgetWritten(world.files, directory);
  await pruneGenerations(world, directory, keptGenerations);
  await appendAudit(world, directory, {
    action: 'up',
    data: { generation: number, previous: previous?.number ?? null },
  });
  reporter.step(`generation ${number} is in force`);
  return { changed: true, generation: number, plan, reconciled };
}

/** Writes every changed file, each as a step of its own. */
async function writeTree(
  context: AppContext,
  transaction: Transaction,
  { prepared, rendered, plan }: PlannedProject,
): Promise<void> {
  const directory = prepared.project.directory;
  const wanted = new Map([...rendered.tree, ...rendered.secret]);
  for (const change of plan.files) {
    if (change.kind === 'unchanged') continue;
    await transaction.step(
      'write',
      () => applyTreeChange(context.world.files, directory, change, wanted),
      { path: change.path, kind: change.kind },
    );
  }
}

/** Starts the data services, reconciles them, then starts the rest and waits for all. */
async function start(
  context: AppContext,
  connection: Connection,
  { prepared, rendered, plan }: PlannedProject,
  transaction: Transaction,
): Promise<number> {
  const { project } = prepared;
  const wanted = rendered.configs;
  await transaction.step('start-data', async () => {
    const known = project.stack.services.map((service) => service.name);
    const waiting = (await observe(connection.engine, project.stack))
      .filter(({ service }) => dataServices.includes(service) && known.includes(service))
      .filter((state) => !isInForce(state, wanted));
    if (waiting.length === 0) return;
    const services = waiting.map(({ service }) => service);
    await startServices(context, connection, project, { services });
  });
  const reconciled = await transaction.step('reconcile', () =>
    reconcile(context, connection, prepared),
  );
  await transaction.step('start', async () => {
    const changed = plan.services.filter(({ kind }) => kind !== 'unchanged');
    const waiting = (await observe(connection.engine, project.stack)).filter(
      (state) => !isInForce(state, wanted),
    );
    const [only] = changed;
    // Where a single service changes, it is gone no longer than its own restart takes.
    const alone =
      changed.length === 1 &&
      only?.kind === 'recreate' &&
      waiting.every(({ service }) => service === only.service);
    await startServices(
      context,
      connection,
      project,
      alone ? { services: [only.service], withoutDependencies: true } : { removeOrphans: true },
    );
  });
  return reconciled;
}

async function reconcile(
  context: AppContext,
  { engine }: Connection,
  prepared: PreparedProject,
): Promise<number> {
  const { stack } = prepared.project;
  const server = (await observe(engine, stack)).find((state) => state.service === 'postgres');
  if (!server?.container) return 0;
  const passwords = new Map<string, string>();
  for (const { secret } of stack.postgres) {
    passwords.set(secret, (await prepared.secrets.read(secret)) ?? '');
  }
  return reconcilePostgres({
    engine,
    container: server.container,
    needs: stack.postgres,
    password: (secret) => passwords.get(secret) ?? '',
    random: context.world.random,
  });
}

async function ownership(
  context: AppContext,
  connection: Connection,
  prepared: PreparedProject,
): Promise<number> {
  const { project } = prepared;
  return setOwnership(
    {
      files: context.world.files,
      identity: context.world.identity,
      engine: connection.engine,
      image: () => shellImage(connection, prepared),
      project: project.stack.project,
    },
    join(project.directory, 'secrets'),
    prepared.ownership,
  );
}

/** An image of the stack that has a POSIX shell, pinned, and on the engine. */
async function shellImage(
  { engine }: Connection,
  { project, imageLock }: PreparedProject,
): Promise<string> {
  const shell = project.stack.services.find((service) => service.name === 'error-pages');
  const image = shell ? imageReference(project, shell) : '';
  const digest = imageLock[image];
  const pinned = digest ? `${image}@${digest}` : image;
  if ((await engine.inspectImage(pinned)) === null) await engine.pullImage(pinned);
  return pinned;
}

/**
 * After a failure: brings the previous generation back and throws `apply-restored`; without one,
 * or where that fails too, throws `apply-failed`. The first error is explained in both. After a
 * signal it throws `interrupted` and leaves all as it is.
 */
async function recover(
  context: AppContext,
  connection: Connection,
  { prepared, rendered, previous }: PlannedProject,
  number: number,
  transaction: Transaction,
  cause: unknown,
): Promise<never> {
  const { world, reporter } = context;
  const { project, versionKey } = prepared;
  // Going back takes minutes, too: who stops the program gets it stopped. The journal stays open,
  // and the next command goes on from there.
  if (world.signal.aborted) {
    throw new JackerError(
      'interrupted',
      {
        what: 'Stopped before the change was complete',
        hint: 'Run jacker up to go on from here.',
      },
      { cause },
    );
  }
  const problems = await explainFailure(
    connection.engine,
    project.stack,
    cause,
    await secretRedactor(prepared.secrets, prepared.specs),
  );
  if (!previous) {
    await transaction.end('abandoned');
    throw new JackerError(
      'apply-failed',
      [
        ...problems,
        {
          what: 'there is no earlier generation to go back to; what was started is still there to look at',
          hint: 'Correct the cause and run jacker up again.',
        },
      ],
      { cause },
    );
  }
  reporter.step(`going back to generation ${previous.number}`);
  let secretsBack: string[] = [];
  try {
    await transaction.step('restore', async () => {
      const generation = await loadGeneration(
        world,
        project.directory,
        previous.number,
        versionKey,
      );
      const written = {
        files: Object.fromEntries(
          [...rendered.tree.keys()].map((path) => [path, { digest: '', mode: 0 }]),
        ),
      };
      const writtenSecrets = {
        files: Object.fromEntries(
          [...rendered.secret.keys()].map((path) => [path, { digest: '', mode: 0 }]),
        ),
      };
      const changes: TreeChange[] = [
        ...(await compareTree(world.files, project.directory, generation.tree, written)),
        ...(await compareTree(
          world.files,
          project.directory,
          generation.secretTree,
          writtenSecrets,
          {
            part: 'secret',
            digest: keyedDigest(versionKey),
          },
        )),
      ];
      const wanted = new Map([...generation.tree, ...generation.secretTree]);
      await keepImageLock(context, generation.manifest.images);
      for (const change of changes) {
        await applyTreeChange(world.files, project.directory, change, wanted);
      }
      // The rules of Redis and the roles of Postgres have to fit the files that services sign in with.
      secretsBack = await restoreInputs(prepared.secrets, generation.secretInputs);
      await ownership(context, connection, prepared);
      if (secretsBack.length > 0) {
        const services = dataServices.filter((name) => generation.tree.has(`compose/${name}.yml`));
        await startServices(context, connection, project, { services });
        await reconcile(context, connection, prepared);
      }
      await startServices(context, connection, project, { removeOrphans: true });
    });
  } catch (error) {
    throw new JackerError(
      'apply-failed',
      [
        ...problems,
        ...(error instanceof JackerError ? error.problems : [{ what: 'going back failed too' }]),
      ],
      { cause: error },
    );
  }
  await transaction.end('restored');
  throw new JackerError(
    'apply-restored',
    [
      ...problems,
      {
        what: `generation ${previous.number} serves again`,
        hint: 'Correct the cause, look at jacker plan, and run jacker up again.',
      },
      ...secretsBack.map((name) => ({
        what: 'is what it was before this run, to fit that generation',
        where: { file: `secrets/${name}` },
        hint: `What this run had is kept: secrets/.generations/${generationName(number)}/${name}`,
      })),
    ],
    { cause },
  );
}
