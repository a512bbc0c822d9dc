import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker doctor`. */
export function declareDoctor(parent: Command, connect: Connect): void {
  const command = parent
    .command('doctor')
    .description('what the host lacks or risks, and what to do about it');
  connect(command, async ({ context, print }) => {
    const { examine } = await import('../../usecases/examine.ts');
    const { table } = await import('../table.ts');
    const checks = await examine(context);
    print(checks, () => {
      const rows = checks.flatMap((check) => [
        [check.status, check.title, check.seen],
        ...(check.advice === undefined ? [] : [['', '', `-> ${check.advice}`]]),
      ]);
      return table(['', 'CHECK', 'SEEN'], rows);
    });
    return checks.some((check) => check.status === 'fail') ? 4 : undefined;
  });
}
