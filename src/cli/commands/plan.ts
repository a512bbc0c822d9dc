import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker plan`, also called `diff`. */
export function declarePlan(parent: Command, connect: Connect): void {
  const command = parent
    .command('plan')
    .alias('diff')
    .description('show what up would change; nothing is written')
    .option('--check', 'end with 3 where there is something to change');
  connect<{ check?: true }>(command, async ({ context, print }, { check }) => {
    const { plan } = await import('../../usecases/plan.ts');
    const { renderPlan } = await import('../../usecases/render-plan.ts');
    const result = await plan(context);
    print(result, () => renderPlan(result));
    return check && result.hasChanges ? 3 : undefined;
  });
}
