import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker status`. */
export function declareStatus(parent: Command, connect: Connect): void {
  const command = parent.command('status').description('the state of every service');
  connect(command, async ({ context, print }) => {
    const { status } = await import('../../usecases/lifecycle.ts');
    const { table } = await import('../table.ts');
    const rows = await status(context);
    print(rows, () =>
      table(
        ['SERVICE', 'STATE', 'HEALTH', 'IMAGE'],
        rows.map((row) => [row.service, row.state, row.health || '-', row.image || '-']),
      ),
    );
    return undefined;
  });
}
