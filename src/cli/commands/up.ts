import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker up`. */
export function declareUp(parent: Command, connect: Connect): void {
  const command = parent
    .command('up')
    .description('bring everything to what the project says, or go back to what ran before');
  connect(command, async ({ context, globals, world, print }) => {
    const { plan } = await import('../../usecases/plan.ts');
    const { renderPlan } = await import('../../usecases/render-plan.ts');
    if (globals.dryRun) {
      const result = await plan(context);
      print(result, () => renderPlan(result));
      return undefined;
    }
    const { up } = await import('../../usecases/up.ts');
    const result = await up(context, {
      replaceEdits: globals.yes,
      onPlan: (planned) => {
        if (globals.quiet || globals.json) return;
        context.reporter.step('What changes');
        world.terminal.err(renderPlan(planned));
      },
    });
    print(result, () =>
      result.changed
        ? `Generation ${result.generation} is in force. Prove it: jacker verify`
        : 'No changes.',
    );
    return undefined;
  });
}
