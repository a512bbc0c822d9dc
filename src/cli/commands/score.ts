import { resolve } from 'node:path';
import type { Command } from 'commander';
import { JackerError } from '../../error.ts';
import type { Connect } from '../invocation.ts';

/** `jacker score`. */
export function declareScore(parent: Command, connect: Connect): void {
  const command = parent
    .command('score')
    .description('compute the scores of a JSON report again from its own figures')
    .requiredOption('--from <file>', 'a report that audit --json wrote');
  connect<{ from: string }>(command, async ({ print, world, workingDirectory }, { from }) => {
    const { rescore } = await import('../../audit/rescore.ts');
    const { formatScore } = await import('../../audit/score.ts');
    const text = await world.files.readText(resolve(workingDirectory, from));
    if (text === null) {
      throw new JackerError('usage', {
        what: 'does not exist',
        where: { file: from },
        hint: 'Write it with jacker audit --json.',
      });
    }
    const stacks = rescore(text, from);
    print(stacks, () =>
      stacks.map(({ name, score }) => `${name}: ${formatScore(score)}\n`).join(''),
    );
    const wrong = stacks.filter(({ reported, score }) => reported !== score.score);
    if (wrong.length === 0) return;
    throw new JackerError(
      'failed',
      wrong.map(({ name, reported, score }) => ({
        what: `${name} says ${reported.toFixed(2)}, and its figures give ${score.score.toFixed(2)}`,
        where: { file: from },
        hint: 'The report was changed after it was written.',
      })),
    );
  });
}
