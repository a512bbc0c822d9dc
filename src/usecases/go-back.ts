import { JackerError } from '../error.ts';
import type { FileTree } from '../io/tree.ts';
import { keyedDigest } from '../state/digest.ts';
import { loadGeneration } from '../state/generations.ts';
import type { Transaction } from '../state/journal.ts';
import { generationName } from '../state/layout.ts';
import { applyTreeChange, compareTree, type TreeChange } from '../state/tree-changes.ts';
import type { AppContext } from './app-context.ts';
import { dataServices, keepImageLock, ownership, reconcile } from './apply-steps.ts';
import type { Connection } from './connect.ts';
import { explainFailure } from './explain-failure.ts';
import type { PlannedProject } from './plan.ts';
import { secretRedactor } from './redact-secrets.ts';
import { restoreInputs } from './secret-inputs.ts';
import { startServices } from './start-services.ts';

/**
 * After a failure: brings the previous generation back and throws `apply-restored`; without one,
 * or where that fails too, throws `apply-failed`. The first error is explained in both. After a
 * signal it throws `interrupted` and leaves all as it is.
 */
export async function goBack(
  context: AppContext,
  connection: Connection,
  planned: PlannedProject,
  number: number,
  transaction: Transaction,
  cause: unknown,
): Promise<never> {
  const { world, reporter } = context;
  const { prepared, previous } = planned;
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
    prepared.project.stack,
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
      secretsBack = await restore(context, connection, planned, previous.number);
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

/** Writes a generation's files and what its services sign in with, and starts it; answers those secrets. */
async function restore(
  context: AppContext,
  connection: Connection,
  { prepared, rendered }: PlannedProject,
  number: number,
): Promise<string[]> {
  const { world } = context;
  const { project, versionKey } = prepared;
  const { directory } = project;
  const generation = await loadGeneration(world, directory, number, versionKey);
  // What the failed run wrote is there to be replaced, whatever is in it.
  const written = (tree: FileTree) => ({
    files: Object.fromEntries([...tree.keys()].map((path) => [path, { digest: '', mode: 0 }])),
  });
  const changes: TreeChange[] = [
    ...(await compareTree(world.files, directory, generation.tree, written(rendered.tree))),
    ...(await compareTree(world.files, directory, generation.secretTree, written(rendered.secret), {
      part: 'secret',
      digest: keyedDigest(versionKey),
    })),
  ];
  const wanted = new Map([...generation.tree, ...generation.secretTree]);
  await keepImageLock(context, generation.manifest.images);
  for (const change of changes) await applyTreeChange(world.files, directory, change, wanted);
  // The rules of Redis and the roles of Postgres have to fit the files that services sign in with.
  const secretsBack = await restoreInputs(prepared.secrets, generation.secretInputs);
  await ownership(context, connection, prepared);
  if (secretsBack.length > 0) {
    const services = dataServices.filter((name) => generation.tree.has(`compose/${name}.yml`));
    await startServices(context, connection, project, { services });
    await reconcile(context, connection, prepared);
  }
  await startServices(context, connection, project, { removeOrphans: true });
  return secretsBack;
}
