import { Option, type Command } from 'commander';
import type { InitResult } from '../../usecases/init.ts';
import type { Connect, Invocation } from '../invocation.ts';
import { canAsk } from '../prompts.ts';

interface InitFlags {
  set?: string[];
  [flag: string]: string | string[] | undefined;
}

/** The questions, and the flags that answer them: each flag is one setting. */
const questions = [
  {
    flag: 'name',
    key: 'PROJECT_NAME',
    argument: '<name>',
    ask: 'Name of the project (prefix of its containers)',
  },
  { flag: 'domain', key: 'DOMAIN', argument: '<domain>', ask: 'Domain' },
  {
    flag: 'bind',
    key: 'BIND_ADDRESS',
    argument: '<address>',
    ask: 'Address to listen on (0.0.0.0: everybody who can reach this host)',
  },
  { flag: 'http-port', key: 'HTTP_PORT', argument: '<port>', ask: 'Port for HTTP' },
  { flag: 'https-port', key: 'HTTPS_PORT', argument: '<port>', ask: 'Port for HTTPS' },
  { flag: 'tls', key: 'TLS_MODE', argument: '<mode>', ask: 'Certificates' },
  { flag: 'auth', key: 'AUTH_MODE', argument: '<mode>', ask: 'Sign-in' },
  { flag: 'preset', key: 'PRESET', argument: '<preset>', ask: 'Services' },
] as const;

/** `jacker init`. */
export function declareInit(parent: Command, connect: Connect): void {
  const command = parent
    .command('init')
    .description('make this folder a project, or complete it; asks, or takes flags')
    .option('--set <assignments...>', 'further settings, as KEY=VALUE');
  for (const { flag, key, argument } of questions) {
    command.addOption(new Option(`--${flag} ${argument}`, `sets ${key}`));
  }
  connect<InitFlags>(command, async (invocation, flags) => {
    const { context, globals, print, world } = invocation;
    const { init, readExisting } = await import('../../usecases/init.ts');
    const { parseAssignments } = await import('../../usecases/settings.ts');
    const given = new Map<string, string>();
    for (const { flag, key } of questions) {
      const value =
        flags[flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
      if (typeof value === 'string') given.set(key, value);
    }
    for (const { key, value } of parseAssignments(flags.set ?? [], '--set')) {
      given.set(key, value ?? '');
    }
    const existing = await readExisting(context);
    const asked = canAsk(invocation) && !globals.yes;
    if (asked) {
      const { askSettings } = await import('../ask-settings.ts');
      await askSettings(invocation, questions, given, existing);
    }
    const settings = [...given].map(([key, value]) => ({ key, value }));
    const result = await init(context, { settings, dryRun: globals.dryRun });
    print(result, () => summary(result, globals.dryRun));
    if (globals.dryRun) return undefined;
    if (result.secretsCreated.includes('admin-password')) await showPassword(invocation, result);
    if (asked) {
      const words = [...given].map(([key, value]) => `--set ${quoted(`${key}=${value}`)}`);
      world.terminal.err(`The same without questions: jacker init --no-input ${words.join(' ')}\n`);
    }
    return undefined;
  });
}

/** Once, and on a terminal only: what goes into a pipe or a log stays there. */
async function showPassword(
  { context, globals, world }: Invocation,
  { adminUser }: InitResult,
): Promise<void> {
  const { terminal } = world;
  if (!terminal.errIsTerminal || globals.json) {
    terminal.err('The password of the local account is in secrets/admin-password.\n');
    return;
  }
  const { readSecret } = await import('../../usecases/secrets.ts');
  terminal.err(
    `\nSign in as ${adminUser} with the password  ${await readSecret(context, 'admin-password')}\nIt is shown this once; it stays in secrets/admin-password.\n\n`,
  );
}

function summary(result: InitResult, dryRun: boolean): string {
  const lines = [
    ...(result.created.length > 0 ? [`Made ${result.created.join(', ')}`] : []),
    ...(result.changed.length > 0 ? [`Set ${result.changed.join(', ')}`] : []),
    ...(result.secretsCreated.length > 0
      ? [`Made ${result.secretsCreated.length} secrets in secrets/`]
      : []),
    ...result.missing.map((name) => `Missing: secrets/${name}, which has to come from you`),
  ];
  if (dryRun) return ['Nothing was changed. It would have:', ...lines].join('\n');
  return [
    `${lines.length > 0 ? `${lines.join('\n')}\n` : ''}The project is in ${result.directory}.`,
    'Next: jacker doctor, jacker up, jacker verify',
  ].join('\n');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
