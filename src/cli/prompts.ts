import { JackerError } from '../error.ts';
import type { Invocation } from './invocation.ts';

/** One answer of a list. */
export interface Choice {
  value: string;
  description?: string;
}

/** Asks a person; questions are shown on stderr. Ctrl-C is a JackerError `interrupted`. */
export interface Prompter {
  /** One line; `problemWith` answers what is wrong with it, or null. */
  text(
    question: string,
    options: {
      default: string;
      problemWith: (text: string) => string | null | Promise<string | null>;
    },
  ): Promise<string>;
  choice(question: string, options: { default: string; choices: Choice[] }): Promise<string>;
  confirm(question: string, options: { default: boolean }): Promise<boolean>;
}

/** Whether a person is there to be asked. */
export function canAsk({ globals, world }: Pick<Invocation, 'globals' | 'world'>): boolean {
  return (
    globals.input && !globals.json && world.terminal.inIsTerminal && world.terminal.errIsTerminal
  );
}

/** The prompts of a real terminal. */
export async function openPrompter(signal: AbortSignal): Promise<Prompter> {
  const { input, select, confirm } = await import('@inquirer/prompts');
  const context = { output: process.stderr, signal };
  return {
    text: (message, options) =>
      answer(
        input(
          {
            message,
            default: options.default,
            validate: async (text) => (await options.problemWith(text.trim())) ?? true,
          },
          context,
        ).then((text) => text.trim()),
      ),
    choice: (message, { choices, default: preset }) =>
      answer(select({ message, default: preset, choices, pageSize: 12 }, context)),
    confirm: (message, options) => answer(confirm({ message, ...options }, context)),
  };
}

async function answer<T>(prompt: Promise<T>): Promise<T> {
  try {
    return await prompt;
  } catch (error) {
    const stopped = error instanceof Error && /^(Exit|Abort)PromptError$/.test(error.name);
    if (!stopped) throw error;
    throw new JackerError('interrupted', { what: 'Stopped at a question; nothing was changed' });
  }
}
