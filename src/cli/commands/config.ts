import type { Command } from 'commander';
import { describeProblem } from '../../error.ts';
import type { SettingValue } from '../../settings/definition.ts';
import type { Connect } from '../invocation.ts';

/** `jacker config get|set|explain|validate`. */
export function declareConfig(parent: Command, connect: Connect): void {
  const config = parent.command('config').description('read and change the settings in .env');

  const get = config
    .command('get [keys...]')
    .description(
      'print the value of one setting, or of several as KEY=VALUE; of all without a name',
    )
    .option('--changed', 'only what differs from the default');
  connect<{ changed?: true }>(get, async ({ args, context, print }, { changed }) => {
    const { getSettings } = await import('../../usecases/settings.ts');
    const reports = await getSettings(context, { keys: args, changedOnly: changed ?? false });
    const [only] = reports;
    print(args.length === 1 ? only : reports, () =>
      args.length === 1 && only
        ? shown(only.value)
        : reports.map(({ key, value }) => `${key}=${shown(value)}\n`).join(''),
    );
    return undefined;
  });

  const set = config
    .command('set <assignments...>')
    .description('change settings, all or none: KEY=VALUE; KEY= empties, --unset takes out')
    .usage('[options] KEY=VALUE...')
    .option('--unset', 'the arguments are names, whose lines are taken out of the file');
  connect<{ unset?: true }>(set, async ({ args, context, globals, print }, { unset }) => {
    const { changeSettings, parseAssignments } = await import('../../usecases/settings.ts');
    const changes = unset
      ? args.map((key) => ({ key, value: null }))
      : parseAssignments(args, 'the command line');
    const result = await changeSettings(context, changes, { dryRun: globals.dryRun });
    const { changed, path } = result;
    print(result, () =>
      changed.length === 0
        ? 'No changes.'
        : `${globals.dryRun ? 'Would change' : 'Changed'} ${changed.join(', ')} in ${path}.\nRun jacker up to apply.`,
    );
    return undefined;
  });

  const explain = config
    .command('explain <key>')
    .description('all about one setting: meaning, value, where it comes from, what it accepts');
  connect(explain, async ({ args: [key = ''], context, print }) => {
    const { explainSetting } = await import('../../usecases/settings.ts');
    const about = await explainSetting(context, key);
    print(about, () =>
      [
        `${about.key}  ${about.help}`,
        '',
        `value:    ${shown(about.value) || '(empty)'}`,
        `from:     ${about.where ? `${about.where.file ?? ''}:${about.where.line ?? ''}` : 'the default'}`,
        `accepts:  ${about.expects}`,
        ...(about.default === undefined ? [] : [`default:  ${about.default}`]),
        ...(about.example === undefined ? [] : [`example:  ${about.key}=${about.example}`]),
        ...(about.required ? ['required under the present settings'] : []),
        ...about.problems.map(({ what, why }) => `problem:  ${what}${why ? ` (${why})` : ''}`),
      ].join('\n'),
    );
    return undefined;
  });

  const validate = config
    .command('validate')
    .description('check .env, the services, overrides and every control that files can show');
  connect(validate, async ({ context, print }) => {
    const { validateProject } = await import('../../usecases/validate.ts');
    const { envPath, services, notes } = await validateProject(context);
    for (const note of notes) context.reporter.note(describeProblem(note));
    print(
      { valid: true, envPath, services, notes },
      `${envPath} is valid; ${services.length} services.`,
    );
    return undefined;
  });
}

function shown(value: SettingValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? value.join(',') : String(value);
}
