import type { Command } from 'commander';

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

/** Argument names whose values are services or settings of the project. */
const dynamicArguments: Readonly<Record<string, 'services' | 'settings'>> = {
  service: 'services',
  services: 'services',
  key: 'settings',
  keys: 'settings',
  assignments: 'settings',
};

/**
 * The words that can stand at the end of a command line.
 *
 * @param words what was typed after `jacker`; the last one is the word being typed, maybe empty
 */
export function candidates(
  program: Command,
  words: readonly string[],
  names: { services: readonly string[]; settings: readonly string[] },
): string[] {
  const typed = words.at(-1) ?? '';
  let command = program;
  for (const word of words.slice(0, -1)) {
    command =
      command.commands.find((child) => child.name() === word || child.aliases().includes(word)) ??
      command;
  }
  const options = [
    ...new Set(
      [command, program].flatMap((one) => one.options.flatMap((option) => [option.long ?? ''])),
    ),
  ];
  const children = command.commands
    .filter((child) => !child.name().startsWith('_'))
    .flatMap((child) => [child.name(), ...child.aliases()]);
  const values = command.registeredArguments.flatMap((argument) => [
    ...(argument.argChoices ?? []),
    ...(
      (names[dynamicArguments[argument.name()] ?? 'services'] as string[] | undefined) ?? []
    ).filter(() => dynamicArguments[argument.name()] !== undefined),
  ]);
  const all = typed.startsWith('-') ? options : [...children, ...values];
  return [...new Set(all)].filter((word) => word !== '' && word.startsWith(typed)).sort();
}
