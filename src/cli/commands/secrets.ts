import type { Command } from 'commander';
import { describeLocation, JackerError } from '../../error.ts';
import type { Connect } from '../invocation.ts';

/** `jacker secrets generate|list|check|show`. */
export function declareSecrets(parent: Command, connect: Connect): void {
  const secrets = parent.command('secrets').description('make, list and check the secrets');

  const generate = secrets
    .command('generate')
    .description('make the secrets that are missing; the others stay')
    .option('--force <name>', 'make this one anew, and what is derived from it');
  connect<{ force?: string }>(generate, async ({ context, globals, print }, { force }) => {
    const { generateSecrets } = await import('../../usecases/secrets.ts');
    const { dryRun } = globals;
    const report = await generateSecrets(context, { force, dryRun });
    print(report, () =>
      [
        ...report.created.map((name) => `made     ${name}`),
        ...report.renewed.map((name) => `renewed  ${name}`),
        ...report.missing.map((name) => `missing  ${name}: it has to come from you`),
        report.created.length + report.renewed.length > 0
          ? dryRun
            ? 'Nothing was changed; these are what it would have done.'
            : 'Run jacker up to apply.'
          : 'No changes.',
      ].join('\n'),
    );
    return undefined;
  });

  const list = secrets.command('list').description('every secret, who reads it, and its purpose');
  connect(list, async ({ context, print }) => {
    const { listSecrets } = await import('../../usecases/secrets.ts');
    const { table } = await import('../table.ts');
    const rows = await listSecrets(context);
    print(rows, () =>
      table(
        ['NAME', 'KIND', 'THERE', 'READ BY', 'FOR'],
        rows.map((row) => [
          row.name,
          row.kind,
          row.present ? 'yes' : 'no',
          row.readers.join(', ') || '-',
          row.help,
        ]),
      ),
    );
    return undefined;
  });

  const check = secrets
    .command('check')
    .description('content, length, mode, owner and age of every secret');
  connect(check, async ({ context, print }) => {
    const { checkProjectSecrets } = await import('../../usecases/secrets.ts');
    const problems = await checkProjectSecrets(context);
    print(problems, () =>
      problems.length === 0
        ? 'Every secret is in order.'
        : problems
            .map((problem) => {
              const where = problem.where ? `${describeLocation(problem.where)}: ` : '';
              const hint = problem.hint ? `\n         ${problem.hint}` : '';
              return `${problem.severity.padEnd(7)}  ${where}${problem.what}${hint}`;
            })
            .join('\n'),
    );
    return problems.some((problem) => problem.severity === 'error') ? 4 : undefined;
  });

  const show = secrets.command('show <name>').description('print one secret on this terminal');
  connect(show, async ({ args: [name = ''], context, world }) => {
    if (!world.terminal.outIsTerminal) {
      throw new JackerError('usage', {
        what: 'a secret is printed on a terminal only',
        why: 'output that goes into a file or a pipe is easily kept by mistake',
        hint: `Read the file secrets/${name} where a program needs it.`,
      });
    }
    const { readSecret } = await import('../../usecases/secrets.ts');
    world.terminal.out(`${await readSecret(context, name)}\n`);
    return undefined;
  });
}
