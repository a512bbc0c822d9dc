import { appendAudit } from '../state/audit-log.ts';
import { plainDigest } from '../state/digest.ts';
import {
  listGenerations,
  pruneGenerations,
  setCurrent,
  storeGeneration,
} from '../state/generations.ts';
import { beginTransaction, type Transaction } from '../state/journal.ts';
import { applyTreeChange } from '../state/tree-changes.ts';
import { forgetWritten } from '../state/written-files.ts';
import type { AppContext } from './app-context.ts';
import { dataServices, keepImageLock, ownership, reconcile, shellImage } from './apply-steps.ts';
import type { Connection } from './connect.ts';
import { goBack } from './go-back.ts';
import { isInForce, observe } from './observe.ts';
import { ownVolumes } from './own-volumes.ts';
import type { PlannedProject } from './plan.ts';
import { secretInputs } from './secret-inputs.ts';
import { startServices } from './start-services.ts';

/** Generations that are kept. */
const keptGenerations = 10;

/** What came of a plan. */
export interface Applied {
  /** The generation in force now. */
  generation: number;
  /** Statements that the reconciliation of Postgres needed. */
  reconciled: number;
}

/**
 * Applies a plan as one journaled transaction: the generation is stored, files are written, services
 * started, and only then is it the one in force. What fails is handed to {@link goBack}.
 */
export async function applyPlan(
  context: AppContext,
  connection: Connection,
  planned: PlannedProject,
): Promise<Applied> {
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
    await goBack(context, connection, planned, number, transaction, error);
  }
  await transaction.end('committed');
  await forgetWritten(world.files, directory);
  await pruneGenerations(world, directory, keptGenerations);
  await appendAudit(world, directory, {
    action: 'up',
    data: { generation: number, previous: previous?.number ?? null },
  });
  reporter.step(`generation ${number} is in force`);
  return { generation: number, reconciled };
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
