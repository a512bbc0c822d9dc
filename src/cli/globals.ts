import { Option, type Command } from 'commander';
import type { ColorChoice } from '../io/color.ts';

/** The options that every command has, before or after its name. */
export interface Globals {
  projectDir?: string;
  envFile?: string;
  /** Answers yes where nothing can be lost. */
  yes: boolean;
  /** False: never ask. */
  input: boolean;
  dryRun: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: ColorChoice;
}

const options = (): Option[] => [
  new Option('-C, --project-dir <folder>', 'the project folder (default: the current one)'),
  new Option('--env-file <file>', 'the settings file (default: .env in the project folder)'),
  new Option('-y, --yes', 'answer yes to questions; never to one about data loss'),
  new Option('--no-input', 'never ask; fail where an answer is needed'),
  new Option('--dry-run', 'say what would change, change nothing'),
  new Option('--json', 'print the result as one JSON document; a failure goes to stderr as JSON'),
  new Option('-q, --quiet', 'no progress, results and errors only'),
  new Option('-v, --verbose', 'more detail, also about errors'),
  new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']),
];

/** Declares the global options on the program. */
export function declareGlobals(program: Command): void {
  for (const option of options()) program.addOption(option);
}

/** Lets a subcommand take the global options too; its help shows them under their own heading. */
export function acceptGlobals(command: Command): void {
  for (const option of options()) command.addOption(option.hideHelp());
}

/** The values given on the command line; what stands nearer to the end wins. */
export function readGlobals(command: Command): Globals {
  const given: Partial<Globals> = {};
  const chain: Command[] = [];
  for (let one: Command | null = command; one; one = one.parent) chain.unshift(one);
  for (const one of chain) {
    for (const option of options()) {
      const name = option.attributeName();
      if (one.getOptionValueSource(name) === 'cli') {
        Object.assign(given, { [name]: one.getOptionValue(name) as unknown });
      }
    }
  }
  return {
    yes: false,
    input: true,
    dryRun: false,
    json: false,
    quiet: false,
    verbose: false,
    color: 'auto',
    ...given,
  };
}

/** What matters for showing an error, read without understanding the rest of the command line. */
export function errorStyle(argv: readonly string[]): Pick<Globals, 'json' | 'verbose' | 'color'> {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const color = own.flatMap((word, index) =>
    word.startsWith('--color=') ? [word.slice(8)] : word === '--color' ? [own[index + 1]] : [],
  );
  const choice = color.at(-1);
  return {
    json: own.includes('--json'),
    verbose: own.includes('-v') || own.includes('--verbose'),
    color: choice === 'always' || choice === 'never' ? choice : 'auto',
  };
}
