import { CommanderError } from 'commander';
import { JackerError } from '../error.ts';
import { wantsColor } from '../io/color.ts';
import { errorStyle } from './globals.ts';
import type { Host } from './invocation.ts';
import { createProgram } from './program.ts';
import { showError } from './show-error.ts';
import { usageError } from './usage-error.ts';

/** Runs one command line (without the program's own name) and answers the exit code. Never throws. */
export async function runCommandLine(host: Host, argv: readonly string[]): Promise<number> {
  const { terminal, env } = host.world;
  const outcome = { exitCode: 0 };
  try {
    await createProgram(host, outcome, argv[0]).parseAsync([...argv], { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help without a question, as after `jacker` alone, is a wrong use; after --help it is not.
      if (error.code === 'commander.help') return 2;
      if (error.exitCode === 0) return 0;
    }
    const shown = error instanceof CommanderError ? usageError(error) : error;
    const style = errorStyle(argv);
    const color = wantsColor(style.color, env, terminal.errIsTerminal);
    terminal.err(showError(shown, { ...style, color }));
    return shown instanceof JackerError ? shown.exitCode : 1;
  }
}
