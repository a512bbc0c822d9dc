import type { ComposeService } from '../../harden/compose-model.ts';

/**
 * The words of a service's own health check; none where there is none, or it is turned off. One
 * text is a command for the shell: https://docs.docker.com/reference/compose-file/services/#healthcheck
 */
export function healthTest({ healthcheck }: ComposeService): string[] {
  if (healthcheck === undefined || healthcheck.disable === true) return [];
  const { test } = healthcheck;
  if (typeof test === 'string') return test === '' ? [] : ['CMD-SHELL', test];
  const words = (test ?? []).map(String);
  return words[0] === 'NONE' || words.join('') === '' ? [] : words;
}
