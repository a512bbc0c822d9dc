import type { SettingDefinition } from '../settings/definition.ts';
import type { Invocation } from './invocation.ts';
import { openPrompter, type Prompter } from './prompts.ts';

/** A setting, and how a person is asked for it. */
export interface Question {
  key: string;
  ask: string;
}

/** How one question differs from the others. */
interface Rules {
  /** An empty answer leaves the setting out. */
  optional?: boolean;
  /** Values that cannot be right after what was answered before. */
  without?: readonly string[];
  /** What is wrong with an answer that the setting by itself would take; null: nothing. */
  problemWith?: (text: string) => string | null;
}

/**
 * Asks for every setting that neither a flag nor the `.env` has answered, then for what the answers
 * make necessary. Whatever is asked can be answered: what a choice rules out is not offered, and
 * where one of two settings is enough either may stay empty.
 */
export async function askSettings(
  { context, world }: Invocation,
  questions: readonly Question[],
  given: Map<string, string>,
  existing: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { loadCatalog, settingDefinitions } = await import('../usecases/project.ts');
  const { needsIssuer } = await import('../catalog/check-settings.ts');
  const { catalog } = await loadCatalog(world, context.root, context.location.directory);
  const definitions = new Map(settingDefinitions(catalog).map((one) => [one.key, one]));
  const prompter = await openPrompter(world.signal);
  const chosen = (key: string): string =>
    given.get(key) ?? existing?.get(key) ?? definitions.get(key)?.default ?? '';
  const ask = async (key: string, question: string, rules: Rules = {}): Promise<void> => {
    const definition = definitions.get(key);
    if (!definition || given.has(key) || (existing?.get(key) ?? '') !== '') return;
    const answer = await askOne(prompter, definition, question, rules);
    if (answer !== '') given.set(key, answer);
  };
  for (const { key, ask: question } of questions) {
    // No authority signs for a name that always means this machine.
    const local = key === 'TLS_MODE' && chosen('DOMAIN').endsWith('.localhost');
    await ask(key, question, {
      ...(local ? { without: ['letsencrypt'] } : {}),
      ...(key === 'HTTPS_PORT'
        ? {
            problemWith: (text) =>
              text === chosen('HTTP_PORT') ? 'Expected another port than that of HTTP' : null,
          }
        : {}),
    });
  }
  if (chosen('TLS_MODE') === 'letsencrypt') await ask('ACME_EMAIL', 'Address for the ACME server');
  if (chosen('AUTH_MODE') !== 'oauth') return;
  await ask('OAUTH_PROVIDER', 'Provider');
  if (needsIssuer(chosen('OAUTH_PROVIDER'))) await ask('OAUTH_ISSUER_URL', 'Address of the issuer');
  await ask('OAUTH_CLIENT_ID', 'Client id');
  if (chosen('OAUTH_ALLOWED_DOMAINS') === '') {
    await ask(
      'OAUTH_ALLOWED_EMAILS',
      'Who may sign in: mail addresses, separated by commas (empty: name whole mail domains)',
      { optional: true },
    );
  }
  if (chosen('OAUTH_ALLOWED_EMAILS') === '') {
    await ask('OAUTH_ALLOWED_DOMAINS', 'Mail domains whose every address may sign in', {
      problemWith: (text) =>
        text.includes('*') ? 'Expected mail domains; a * would let in everybody' : null,
    });
  }
}

function askOne(
  prompter: Prompter,
  definition: SettingDefinition,
  question: string,
  rules: Rules,
): Promise<string> {
  const preset = definition.default ?? '';
  if (definition.values) {
    const values = definition.values.filter((value) => !rules.without?.includes(value));
    return prompter.choice(question, {
      default: preset,
      choices: values.map((value) => ({ value })),
    });
  }
  return prompter.text(question, {
    default: preset,
    problemWith: async (text) => {
      if (text === '') return rules.optional ? null : 'Expected an answer';
      const { readValue } = await import('../settings/forms.ts');
      const reading = readValue(definition, text);
      if ('wrong' in reading) return `Expected ${reading.wrong}`;
      return rules.problemWith?.(text) ?? null;
    },
  });
}
