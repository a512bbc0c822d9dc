import { Argument, type Command } from 'commander';
import { JackerError } from '../../error.ts';
import type { AppContext } from '../../usecases/app-context.ts';
import { locateProject } from '../../usecases/project.ts';
import type { Connect } from '../invocation.ts';
import {
  candidates,
  completionScript,
  namedProject,
  shells,
  type ProjectNames,
  type Shell,
} from '../completion.ts';

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
  connect(complete, async ({ args, context, workingDirectory, world }) => {
    const location = locateProject(workingDirectory, namedProject(parent, args.slice(0, -1)));
    const names = await projectNames({ ...context, location });
    world.terminal.out(
      candidates(parent, args, names)
        .map((word) => `${word}\n`)
        .join(''),
    );
    return undefined;
  });
}

/** What only the project knows; nothing where it is not valid, or there is none. */
async function projectNames(context: AppContext): Promise<ProjectNames> {
  const { world, root, location } = context;
  const { loadCatalog, loadProject, settingDefinitions } =
    await import('../../usecases/project.ts');
  // Completion must not print errors into the line that a person is typing.
  const orNull = async <Result>(load: Promise<Result>): Promise<Result | null> => {
    try {
      return await load;
    } catch (error) {
      if (error instanceof JackerError) return null;
      throw error;
    }
  };
  const catalog = (await orNull(loadCatalog(world, root, location.directory)))?.catalog;
  const stack = (await orNull(loadProject(world, root, location)))?.stack;
  const selectable = [...(catalog?.values() ?? [])]
    .filter(({ manifest }) => !manifest.perConsumer)
    .map(({ name }) => name);
  return {
    selectable,
    services: stack?.services.map(({ name }) => name) ?? selectable,
    settings: catalog ? settingDefinitions(catalog).map(({ key }) => key) : [],
    secrets: stack?.secrets.map(({ name }) => name) ?? [],
  };
}
