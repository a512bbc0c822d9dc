import { InvalidArgumentError, type Command } from 'commander';
import { JackerError } from '../../error.ts';
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
  connect<LogFlags>(command, async ({ args, context, globals, print }, flags) => {
    const { logs, readLogs } = await import('../../usecases/lifecycle.ts');
    const { follow = false, tail, since } = flags;
    const options = {
      services: args,
      ...(tail === undefined ? {} : { tail }),
      ...(since === undefined ? {} : { since }),
    };
    if (!globals.json) {
      await logs(context, { ...options, follow });
      return undefined;
    }
    if (follow) {
      throw new JackerError('usage', {
        what: '--follow and --json do not go together',
        why: 'one JSON document has an end',
        hint: 'Leave one of them out.',
      });
    }
    print(await readLogs(context, options), '');
    return undefined;
  });
}

function lineCount(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number of lines is expected');
}
