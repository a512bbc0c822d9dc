import type { Command } from 'commander';
import { refuseDryRun, type Connect } from '../invocation.ts';

/** `jacker exec`. */
export function declareExec(parent: Command, connect: Connect): void {
  const command = parent
    .command('exec <service> <command...>')
    .description('run a command in the container of a service, with its user and its rights')
    .option('-T, --no-tty', 'no terminal even where there is one')
    .option('-u, --user <user>', 'another user, as uid or uid:gid')
    .passThroughOptions();
  connect<{ tty: boolean; user?: string }>(command, async (invocation, flags) => {
    refuseDryRun(invocation, 'nobody knows what a command does before it has run');
    const { args, context, world } = invocation;
    const { exec } = await import('../../usecases/lifecycle.ts');
    const [service = '', ...argv] = args;
    return exec(context, {
      service,
      argv,
      tty: flags.tty && world.terminal.inIsTerminal && world.terminal.outIsTerminal,
      ...(flags.user === undefined ? {} : { user: flags.user }),
    });
  });
}
