import { InvalidArgumentError, type Command } from 'commander';
import type { Connect } from '../invocation.ts';

interface LogFlags {
  follow?: true;
  tail?: number;
  since?: string;
}

/** `jacker logs`. */
export function declareLogs(parent: Command, connect: Connect): void {
  const command = parent
    .command('logs [services...]')
    .description('what services wrote; of all without a name')
    .option('-f, --follow', 'go on until interrupted')
    .option('-n, --tail <lines>', 'only the last lines of each', lineCount)
    .option('--since <time>', 'only from this time or duration on, such as 10m');
  connect<LogFlags>(command, async ({ args, context }, { follow, tail, since }) => {
    const { logs } = await import('../../usecases/lifecycle.ts');
    await logs(context, {
      services: args,
      follow: follow ?? false,
      ...(tail === undefined ? {} : { tail }),
      ...(since === undefined ? {} : { since }),
    });
    return undefined;
  });
}

function lineCount(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number of lines is expected');
}
