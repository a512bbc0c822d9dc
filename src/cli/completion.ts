import type { Command, Option } from 'commander';

/** The shells that a completion script exists for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const scripts: Readonly<Record<Shell, string>> = {
  bash: `_jacker() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(jacker __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _jacker jacker
`,
  zsh: `#compdef jacker
_jacker() {
  local -a found
  found=(\${(f)"$(jacker __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _jacker jacker
`,
  fish: `complete -c jacker -f -a '(jacker __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

/** The completion script of a shell; it asks `jacker __complete` for the words. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

/** Names that only the project knows. */
export interface ProjectNames {
  /** Services that run, or would. */
  services: readonly string[];
  /** Services that can be turned on or off. */
  selectable: readonly string[];
  settings: readonly string[];
  secrets: readonly string[];
}

/** Arguments and options whose values are the project's, by `command argument` or argument alone. */
const dynamicValues: Readonly<Record<string, keyof ProjectNames>> = {
  service: 'services',
  services: 'services',
  'enable services': 'selectable',
  'disable services': 'selectable',
  key: 'settings',
  keys: 'settings',
  assignments: 'settings',
  'show name': 'secrets',
  'generate --force': 'secrets',
};

/** What was typed, as far as it matters for what can follow. */
interface Typed {
  command: Command;
  /** The option whose value is being typed; null where it is none. */
  option: Option | null;
  /** Values of the options before, by their long flag. */
  values: Map<string, string>;
}

/**
 * The words that can stand at the end of a command line.
 *
 * @param words what was typed after `jacker`; the last one is the word being typed, maybe empty
 */
export function candidates(
  program: Command,
  words: readonly string[],
  names: ProjectNames,
): string[] {
  const last = words.at(-1) ?? '';
  const { command, option } = readWords(program, words.slice(0, -1));
  const [, flag = '', part = ''] = /^(--[a-z-]+=)(.*)$/.exec(last) ?? [];
  const assigned = flag === '' ? null : findOption(program, command, flag.slice(0, -1));
  const wanted = assigned ?? option;
  const typed = assigned ? part : last;
  const all = wanted
    ? [
        ...(wanted.argChoices ?? []),
        ...dynamic(names, [`${command.name()} ${wanted.long ?? ''}`]),
      ].map((value) => (assigned ? `${flag}${value}` : value))
    : typed.startsWith('-')
      ? optionsOf(program, command).map(({ long }) => long ?? '')
      : wordsOf(command, names);
  return [...new Set(all)].filter((word) => word !== '' && word.startsWith(last)).sort();
}

/** The project folder and settings file that a command line names. */
export function namedProject(
  program: Command,
  words: readonly string[],
): { projectDir: string | undefined; envFile: string | undefined } {
  const { values } = readWords(program, words);
  return { projectDir: values.get('--project-dir'), envFile: values.get('--env-file') };
}

function readWords(program: Command, words: readonly string[]): Typed {
  const values = new Map<string, string>();
  let command = program;
  let option: Option | null = null;
  for (const word of words) {
    if (option) {
      values.set(option.long ?? '', word);
      option = null;
      continue;
    }
    const [, flag = word, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? [];
    const found = word.startsWith('-') ? findOption(program, command, flag) : null;
    if (found && (found.required || found.optional)) {
      if (value === undefined) option = found;
      else values.set(found.long ?? '', value);
    } else if (!word.startsWith('-')) {
      command =
        command.commands.find((child) => child.name() === word || child.aliases().includes(word)) ??
        command;
    }
  }
  return { command, option, values };
}

function optionsOf(program: Command, command: Command): Option[] {
  return [command, program].flatMap((one) => one.options);
}

function findOption(program: Command, command: Command, flag: string): Option | null {
  return optionsOf(program, command).find((one) => one.long === flag || one.short === flag) ?? null;
}

function wordsOf(command: Command, names: ProjectNames): string[] {
  return [
    ...command.commands
      .filter((child) => !child.name().startsWith('_'))
      .flatMap((child) => [child.name(), ...child.aliases()]),
    ...command.registeredArguments.flatMap((argument) => [
      ...(argument.argChoices ?? []),
      ...dynamic(names, [`${command.name()} ${argument.name()}`, argument.name()]),
    ]),
  ];
}

function dynamic(names: ProjectNames, keys: readonly string[]): readonly string[] {
  const kind = keys.map((key) => dynamicValues[key]).find((found) => found !== undefined);
  return kind === undefined ? [] : names[kind];
}
