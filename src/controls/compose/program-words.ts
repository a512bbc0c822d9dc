import type { ServiceView } from './stack-view.ts';

/**
 * The words of a service's entrypoint and command, those of a script for a shell one by one: enough
 * to find an option in `sh -c "exec server --option value"`.
 */
export function programWords(view: ServiceView): string[] {
  return [...view.entrypoint, ...view.command].flatMap((word) =>
    /\s/.test(word) ? word.split(/[\s"']+/).filter(Boolean) : [word],
  );
}

/** The value of `--name value` or `--name=value`; '' without one, undefined without the option. */
export function optionOf(
  words: readonly string[],
  ...names: readonly string[]
): string | undefined {
  for (const [index, word] of words.entries()) {
    if (names.includes(word)) return words[index + 1] ?? '';
    const equals = word.indexOf('=');
    if (equals > 0 && names.includes(word.slice(0, equals))) return word.slice(equals + 1);
  }
  return undefined;
}

/** True where a value still has a variable that nothing gives a value to. */
export function isOpenText(view: ServiceView, key: string, text: string): boolean {
  return text.includes('${') || (text.includes('$') && view.isOpen(key));
}

/** True for `true`, `yes`, `1` and `on`, in any case. */
export function isTrue(text: string | undefined): boolean {
  return /^(true|yes|y|1|on)$/i.test((text ?? '').trim());
}
