/** What `--color` may say. */
export type ColorChoice = 'auto' | 'always' | 'never';

/**
 * Whether text is coloured. The option decides first, then FORCE_COLOR, then NO_COLOR, then
 * whether the output is a terminal that can show colours. FORCE_COLOR wins over NO_COLOR as it
 * does in Node itself (https://nodejs.org/api/cli.html#force_color1-2-3); an empty NO_COLOR says
 * nothing (https://no-color.org).
 */
export function wantsColor(
  choice: ColorChoice,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR']) return false;
  return isTerminal && env['TERM'] !== 'dumb';
}
