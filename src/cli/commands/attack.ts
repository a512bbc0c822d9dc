import { Option, type Command } from 'commander';
import type { Severity } from '../../controls/control.ts';
import { JackerError } from '../../error.ts';
import { refuseDryRun, type Connect } from '../invocation.ts';

interface AttackFlags {
  safe?: true;
  control?: string[];
  failOn: Severity;
  all?: true;
}

/** Width of the table where standard output is not a terminal: nothing that matters is cut. */
const plainWidth = 160;

/** `jacker attack`. */
export function declareAttack(parent: Command, connect: Connect): void {
  const command = parent
    .command('attack')
    .description("try on the project's own containers what must be refused")
    .option(
      '--safe',
      'bounded attacks from throwaway containers and over loopback, cleaned up; the only kind there is',
    )
    .option('--control <ids...>', 'only these controls')
    .option('-a, --all', 'show every row, not only what was not refused')
    .addOption(
      new Option('--fail-on <severity>', 'end with 4 at this severity or above')
        .choices(['critical', 'high', 'medium', 'low', 'info'])
        .default('low'),
    );
  connect<AttackFlags>(command, async (invocation, flags) => {
    refuseDryRun(invocation, 'an attack is tried or it proves nothing');
    if (!flags.safe) {
      throw new JackerError('usage', {
        what: 'say that you mean it',
        why: 'attacks try forbidden acts on the containers of the project here',
        hint: 'jacker attack --safe',
      });
    }
    const { context, print, world } = invocation;
    const { verify } = await import('../../usecases/verify.ts');
    const { findingsOf, formatReportTable } = await import('../../verify/report.ts');
    const report = await verify(context, {
      attack: true,
      probe: false,
      ...(flags.control === undefined ? {} : { only: flags.control }),
    });
    const width = world.terminal.outIsTerminal ? world.terminal.columns : plainWidth;
    print(report, () => formatReportTable(report, { width, all: flags.all ?? false }));
    return findingsOf(report, flags.failOn).length > 0 ? 4 : undefined;
  });
}
