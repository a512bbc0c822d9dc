import { Chalk } from 'chalk';
import { wantsColor } from '../io/color.ts';
import type { World } from '../io/world.ts';
import type { Reporter } from '../usecases/app-context.ts';
import type { Globals } from './globals.ts';

const silent: Reporter = {
  step: () => undefined,
  progress: () => undefined,
  note: () => undefined,
};

/**
 * Says on stderr what goes on, a line for each event: the same in a terminal, a pipe and a log.
 * Silent with `--quiet`, and with `--json`, where stderr is for the error's document alone.
 */
export function createReporter(
  world: Pick<World, 'terminal' | 'env'>,
  globals: Pick<Globals, 'quiet' | 'json' | 'color'>,
): Reporter {
  if (globals.quiet || globals.json) return silent;
  const { terminal, env } = world;
  const color = new Chalk({
    level: wantsColor(globals.color, env, terminal.errIsTerminal) ? 1 : 0,
  });
  const last = new Map<string, string>();
  return {
    step: (text) => terminal.err(`${color.bold(text)}\n`),
    progress: (service, state) => {
      if (last.get(service) === state) return;
      last.set(service, state);
      terminal.err(`  ${service} ${color.dim(state)}\n`);
    },
    note: (text) => terminal.err(`${color.yellow('note:')} ${text}\n`),
  };
}
