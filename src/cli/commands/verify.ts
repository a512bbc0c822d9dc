import { Option, type Command } from 'commander';
import type { Severity } from '../../controls/control.ts';
import { refuseDryRun, type Connect } from '../invocation.ts';

interface VerifyFlags {
  attack?: true;
  control?: string[];
  failOn: Severity;
  all?: true;
}

/** Width of the table where standard output is not a terminal: nothing that matters is cut. */
const plainWidth = 160;

/** `jacker verify`. */
export function declareVerify(parent: Command, connect: Connect): void {
  const command = parent
    .command('verify')
    .description('read every control from the running containers and print the proof')
    .option('--attack', 'also try what must be refused, from throwaway containers of its own')
    .option('--control <ids...>', 'only these controls')
    .option('-a, --all', 'show every row, not one for each control')
    .addOption(
      new Option('--fail-on <severity>', 'end with 4 at this severity or above')
        .choices(['critical', 'high', 'medium', 'low', 'info'])
        .default('low'),
    );
  connect<VerifyFlags>(command, async (invocation, flags) => {
    if (flags.attack) refuseDryRun(invocation, 'an attack is tried or it proves nothing');
    const { context, print, world } = invocation;
    const { verify } = await import('../../usecases/verify.ts');
    const { findingsOf, formatReportTable } = await import('../../verify/report.ts');
    const { formatOverview } = await import('../../verify/overview.ts');
    const report = await verify(context, {
      attack: flags.attack ?? false,
      ...(flags.control === undefined ? {} : { only: flags.control }),
    });
    const width = world.terminal.outIsTerminal ? world.terminal.columns : plainWidth;
    print(report, () =>
      flags.all
        ? formatReportTable(report, { width, all: true })
        : `${formatOverview(report, { width })}\n${formatReportTable(report, { width, all: false })}`,
    );
    return findingsOf(report, flags.failOn).length > 0 ? 4 : undefined;
  });
}
