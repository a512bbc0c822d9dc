import { Argument, type Command } from 'commander';
import { JackerError } from '../../error.ts';
import type { AppContext } from '../../usecases/app-context.ts';
import type { Connect } from '../invocation.ts';
import { candidates, completionScript, shells, type Shell } from '../completion.ts';

/** `jacker completion`, and the hidden `jacker __complete` that its scripts ask. */
export function declareCompletion(parent: Command, connect: Connect): void {
  const command = parent
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices([...shells]))
    .addHelpText(
      'after',
      '\nbash: source <(jacker completion bash)\nzsh:  source <(jacker completion zsh)\nfish: jacker completion fish | source\n',
    );
  connect(command, async ({ args: [shell], print }) => {
    const script = completionScript(shell as Shell);
    print({ shell, script }, script);
    return Promise.resolve(undefined);
  });

  const complete = parent
    .command('__complete [words...]', { hidden: true })
    .allowUnknownOption()
    .passThroughOptions();
  connect(complete, async ({ args, context, world }) => {
    const names = await dynamicNames(context);
    world.terminal.out(
      candidates(parent, args, names)
        .map((word) => `${word}\n`)
        .join(''),
    );
    return undefined;
  });
}

/** Names of services and settings; none where there is no valid project. */
async function dynamicNames(
  context: AppContext,
): Promise<{ services: string[]; settings: string[] }> {
  const { loadCatalog, settingDefinitions } = await import('../../usecases/project.ts');
  try {
    const { catalog } = await loadCatalog(context.world, context.root, context.location.directory);
    return {
      services: [...catalog.keys()],
      settings: settingDefinitions(catalog).map((definition) => definition.key),
    };
  } catch (error) {
    // Completion must not print errors into the line that a person is typing.
    if (error instanceof JackerError) return { services: [], settings: [] };
    throw error;
  }
}
