import type { Command } from 'commander';
import { JackerError } from '../error.ts';
import { wantsColor } from '../io/color.ts';
import { packageRoot } from '../io/package-files.ts';
import type { World } from '../io/world.ts';
import type { AppContext } from '../usecases/app-context.ts';
import { locateProject } from '../usecases/project.ts';
import { readGlobals, type Globals } from './globals.ts';
import { createReporter } from './reporter.ts';

/** The process around the command line. */
export interface Host {
  world: World;
  workingDirectory: string;
  version: string;
}

/** One call of one command: what it was given, and where its result goes. */
export interface Invocation {
  globals: Globals;
  context: AppContext;
  world: World;
  workingDirectory: string;
  version: string;
  /** The words after the command's name and options. */
  args: readonly string[];
  /** Prints the result: the document with `--json`, else the text; an empty text prints nothing. */
  print: (document: unknown, text: string | (() => string)) => void;
}

/** Handles a command; answers the exit code where it is not 0. */
export type Handler<Options> = (
  invocation: Invocation,
  options: Options,
) => Promise<number | undefined>;

/** Connects a declared command to its handler. */
export type Connect = <Options>(command: Command, handler: Handler<Options>) => void;

/** Everything that a handler gets, from what commander parsed. */
export function openInvocation(host: Host, command: Command): Invocation {
  const globals = readGlobals(command);
  const { terminal, env } = host.world;
  const color = wantsColor(globals.color, env, terminal.outIsTerminal);
  const world: World = { ...host.world, terminal: { ...terminal, color } };
  const location = locateProject(host.workingDirectory, {
    projectDir: globals.projectDir,
    envFile: globals.envFile,
  });
  return {
    globals,
    world,
    workingDirectory: host.workingDirectory,
    version: host.version,
    args: command.args,
    context: { world, root: packageRoot(), location, reporter: createReporter(world, globals) },
    print: (document, text) => {
      if (globals.json) {
        terminal.out(`${JSON.stringify(document, null, 2)}\n`);
        return;
      }
      const shown = typeof text === 'string' ? text : text();
      if (shown !== '') terminal.out(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
  };
}

/** Refuses `--dry-run` where a command cannot say beforehand what it will do. */
export function refuseDryRun(invocation: Invocation, why: string): void {
  if (!invocation.globals.dryRun) return;
  throw new JackerError('usage', {
    what: '--dry-run does nothing for this command',
    why,
    hint: 'Leave --dry-run out.',
  });
}
