import { Chalk } from 'chalk';
import { wantsColor } from '../io/color.ts';
import type { World } from '../io/world.ts';
import type { Reporter } from '../usecases/app-context.ts';
import type { Globals } from './globals.ts';
import { createLiveLines } from './live-lines.ts';

const silent: Reporter = {
  step: () => undefined,
  progress: () => undefined,
  note: () => undefined,
};

/**
 * Says on stderr what goes on. On a terminal each service has a row that shows its state of the
 * moment; in a pipe or a log each change is a line of its own. Silent with `--quiet`, and with
 * `--json`, where stderr is for the error's document alone.
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
  // A terminal that calls itself dumb cannot move its cursor.
  const isLive = terminal.errIsTerminal && env['TERM'] !== 'dumb';
  const rows = isLive ? createLiveLines(terminal) : null;
  const last = new Map<string, string>();
  const say = (text: string): void => {
    rows?.close();
    terminal.err(`${text}\n`);
  };
  return {
    step: (text) => say(color.bold(text)),
    progress: (service, state) => {
      if (last.get(service) === state) return;
      last.set(service, state);
      const text = `  ${service} ${color.dim(state)}`;
      if (rows) rows.set(service, text);
      else terminal.err(`${text}\n`);
    },
    note: (text) => say(`${color.yellow('note:')} ${text}`),
  };
}
