import type { Command } from 'commander';
import { JackerError } from '../../error.ts';
import { canAsk, openPrompter } from '../prompts.ts';
import type { Connect } from '../invocation.ts';

interface DownFlags {
  volumes?: true;
  confirm?: string;
}

/** `jacker down`. */
export function declareDown(parent: Command, connect: Connect): void {
  const command = parent
    .command('down')
    .description('stop and remove containers and networks; data stays')
    .option('--volumes', 'destroy the data too; asks for the name of the project')
    .option('--confirm <name>', 'the name of the project, where nobody can be asked');
  connect<DownFlags>(command, async (invocation, { volumes, confirm }) => {
    const { context, globals, print, world } = invocation;
    const { down, describeDown } = await import('../../usecases/down.ts');
    if (globals.dryRun) {
      const result = await describeDown(context, { volumes: volumes ?? false });
      print(result, () => summary(result, 'Would remove'));
      return undefined;
    }
    let confirmed = confirm;
    if (volumes && confirm === undefined && canAsk(invocation)) {
      const { project } = await describeDown(context, { volumes: true });
      const prompter = await openPrompter(world.signal);
      confirmed = await prompter.text(
        `All data of ${project} will be destroyed. Type its name to go on:`,
        { default: '', problemWith: () => null },
      );
      if (confirmed !== project) {
        throw new JackerError('input-needed', {
          what: 'the name does not match; nothing was removed',
          hint: `Run jacker down --volumes --confirm ${project}`,
        });
      }
    }
    const result = await down(context, { volumes: volumes ?? false, confirm: confirmed });
    print(result, () => summary(result, 'Removed'));
    return undefined;
  });
}

function summary(
  { containers, volumes }: { containers: readonly string[]; volumes: readonly string[] },
  verb: string,
): string {
  const parts = [
    containers.length > 0 ? `the containers of ${containers.join(', ')}` : '',
    volumes.length > 0 ? `the volumes ${volumes.join(', ')}` : '',
  ].filter(Boolean);
  return parts.length === 0 ? 'Nothing was running.' : `${verb} ${parts.join(' and ')}.`;
}
