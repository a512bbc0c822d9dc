import { acquireLock } from '../state/lock.ts';
import { keyedDigest, plainDigest } from '../state/digest.ts';
import { recordsOf } from '../state/generations.ts';
import { applyTreeChange } from '../state/tree-changes.ts';
import { keepWritten, readWritten, type WrittenFiles } from '../state/written-files.ts';
import type { AppContext } from './app-context.ts';
import { planPrepared, refuseEdits, type Plan, type PlanFacts } from './plan.ts';
import { keepVersionKey, prepareProject } from './prepare.ts';

/** Of files alone: nothing that runs matters to what is written. */
export const noFacts = (): PlanFacts => ({ states: null, secrets: [], images: [] });

/**
 * Writes the generated files of a project whose secrets exist, without an engine: what `init` ends
 * with. No generation is made and nothing is started; `up` does both. Files that a person edited
 * since it was written are left alone with a `conflict`.
 */
export async function writeRendered(context: AppContext): Promise<Plan> {
  const { world, location } = context;
  const lock = await acquireLock(world, location.directory, 'init');
  try {
    const prepared = await keepVersionKey(await prepareProject(context));
    const { rendered, plan } = await planPrepared(context, prepared, noFacts);
    refuseEdits(plan);
    const { files } = world;
    const { directory } = location;
    const keyed = keyedDigest(prepared.versionKey);
    const run: WrittenFiles = {
      files: recordsOf(rendered.tree, plainDigest),
      secretFiles: recordsOf(rendered.secret, keyed),
    };
    // First, so that nothing of a run that is killed midway looks like a person's edit.
    await keepWritten(files, directory, [...(await readWritten(files, directory)), run]);
    const wanted = new Map([...rendered.tree, ...rendered.secret]);
    for (const change of plan.files) await applyTreeChange(files, directory, change, wanted);
    await keepWritten(files, directory, [run]);
    return plan;
  } finally {
    await lock.release();
  }
}
