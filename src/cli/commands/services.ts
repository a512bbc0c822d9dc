import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker services list|enable|disable`. */
export function declareServices(parent: Command, connect: Connect): void {
  const services = parent.command('services').description('choose which services run');

  const list = services.command('list').description('every service, whether it is on and why');
  connect(list, async ({ context, print }) => {
    const { listServices } = await import('../../usecases/services.ts');
    const { table } = await import('../table.ts');
    const rows = await listServices(context);
    print(rows, () =>
      table(
        ['SERVICE', 'ON', 'WHY', 'DESCRIPTION'],
        rows.map((row) => [row.name, row.enabled ? 'yes' : 'no', row.reason, row.title]),
      ),
    );
    return undefined;
  });

  for (const verb of ['enable', 'disable'] as const) {
    const command = services
      .command(`${verb} <services...>`)
      .description(`turn services ${verb === 'enable' ? 'on' : 'off'} in .env`);
    connect(command, async ({ args, context, globals, print }) => {
      const { switchServices } = await import('../../usecases/services.ts');
      const result = await switchServices(context, verb, args, { dryRun: globals.dryRun });
      print(result, () =>
        result.changed.length === 0
          ? 'No changes.'
          : [
              ...result.turnedOn.map((name) => `on   ${name}`),
              ...result.turnedOff.map((name) => `off  ${name}`),
              globals.dryRun ? 'Nothing was changed.' : 'Run jacker up to apply.',
            ].join('\n'),
      );
      return undefined;
    });
  }
}
