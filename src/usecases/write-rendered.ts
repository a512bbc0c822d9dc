import { acquireLock } from '../state/lock.ts';
import { applyTreeChange } from '../state/tree-changes.ts';
import type { AppContext } from './app-context.ts';
import { planPrepared, refuseEdits, type Plan } from './plan.ts';
import { keepVersionKey, prepareProject } from './prepare.ts';

/**
 * Writes the generated files of a project whose secrets exist, without an engine: what `init` ends
 * with. No generation is made and nothing is started; `up` does both. Files that a person edited
 * since the last generation are left alone with a `conflict`.
 */
export async function writeRendered(context: AppContext): Promise<Plan> {
  const { world, location } = context;
  const lock = await acquireLock(world, location.directory, 'init');
  try {
    const { rendered, plan } = await planPrepared(
      context,
      await keepVersionKey(await prepareProject(context)),
    );
    refuseEdits(plan);
    const wanted = new Map([...rendered.tree, ...rendered.secret]);
    for (const change of plan.files) {
      await applyTreeChange(world.files, location.directory, change, wanted);
    }
    return plan;
  } finally {
    await lock.release();
  }
}
