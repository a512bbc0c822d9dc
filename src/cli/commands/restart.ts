import type { Command } from 'commander';
import { refuseDryRun, type Connect } from '../invocation.ts';

/** `jacker restart`. */
export function declareRestart(parent: Command, connect: Connect): void {
  const command = parent
    .command('restart [services...]')
    .description('restart services, all without a name');
  connect(command, async (invocation) => {
    refuseDryRun(invocation, 'it restarts what is named and changes nothing else');
    const { restart } = await import('../../usecases/lifecycle.ts');
    const { args, context, print } = invocation;
    const restarted = await restart(context, { services: args });
    print({ restarted }, `Restarted ${restarted.join(', ')}.`);
    return undefined;
  });
}
