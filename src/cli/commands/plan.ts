import type { Command } from 'commander';
// At once: what a plan uses is in the one file of the bundle that every command loads.
import { plan } from '../../usecases/plan.ts';
import { renderPlan } from '../../usecases/render-plan.ts';
import type { Connect } from '../invocation.ts';

/** `jacker plan`, also called `diff`. */
export function declarePlan(parent: Command, connect: Connect): void {
  const command = parent
    .command('plan')
    .alias('diff')
    .description('show what up would change; nothing is written')
    .option('--check', 'end with 3 where there is something to change');
  connect<{ check?: true }>(command, async ({ context, print }, { check }) => {
    const result = await plan(context);
    print(result, () => renderPlan(result));
    return check && result.hasChanges ? 3 : undefined;
  });
}
