import type { Stack } from './stack.ts';

/** What the engine calls a network or volume of the stack: Compose puts the project's name before. */
export function engineName(stack: Pick<Stack, 'project'>, name: string): string {
  return `${stack.project}_${name}`;
}
