import { hooksOf } from './lifecycle-hooks.ts';
import type { ServiceView } from './stack-view.ts';

/** A command line that the stack runs somewhere, as one text. */
export interface CommandText {
  text: string;
  location: readonly string[];
}

const longest = 20_000;
/** Labels in which schedulers find commands: https://github.com/mcuadros/ofelia#jobs */
const scheduled =
  /^(ofelia\.job-[a-z]+\.[^.]+\.command|swarm\.cronjob\..+|chadburn\..+\.command)$/i;

/** Every command line of a service: what starts it, checks it, and is run in it. */
export function commandTexts(view: ServiceView): CommandText[] {
  const { name, service } = view;
  const texts: CommandText[] = [];
  const add = (words: unknown, ...key: string[]): void => {
    const text = Array.isArray(words) ? words.map(String).join(' ') : words;
    if (typeof text !== 'string' || text === '') return;
    texts.push({ text: text.slice(0, longest), location: ['services', name, ...key] });
  };
  const start = [...view.entrypoint, ...view.command].join(' ');
  add(start, service.command === undefined ? 'entrypoint' : 'command');
  add(service.healthcheck?.test, 'healthcheck', 'test');
  for (const { key, index, command } of hooksOf(service)) add(command, key, String(index));
  for (const [label, value] of view.labels) if (scheduled.test(label)) add(value, 'labels', label);
  return texts;
}
