import type { SecretSpec } from './specification.ts';

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/**
 * How a person puts a secret of theirs into its file: a PEM file, which has many lines, by copying
 * it; a text of one line by typing it, where it neither shows nor gets into the shell's history, and
 * without a line end. Either way nobody but owner and group can read it at any moment.
 */
export function writingHint(spec: Pick<SecretSpec, 'help'>, path: string): string {
  const file = quoted(path);
  if (/\bPEM\b/.test(spec.help)) return `Copy your file there: install -m 0440 FILE ${file}`;
  return `In bash: IFS= read -rsp 'Value: ' value && rm -f ${file} && (umask 277 && printf %s "$value" > ${file}); unset value`;
}

/** How to take the line end off a file of one line. */
export function trimmingHint(path: string): string {
  const file = quoted(path);
  return `value=$(tr -d '\\r\\n' < ${file}) && rm -f ${file} && (umask 277 && printf %s "$value" > ${file}); unset value`;
}
