/** A name may have 255 bytes (NAME_MAX); the rest of a temporary name needs 24 of them. */
const keptCharacters = 200;

/**
 * The name of a file's half-made successor: `.<name>.jacker-<random>.tmp`. What is not printable
 * ASCII in the name becomes `_`, so that a character is a byte and the length stays in bounds.
 *
 * @param random 12 hexadecimal digits
 */
export function temporaryName(name: string, random: string): string {
  const kept = name.replace(/[^\x20-\x7e]/g, '_').slice(0, keptCharacters);
  return `.${kept}.jacker-${random}.tmp`;
}

/** Whether a file name is that of a half-made file, which a killed process may leave behind. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.jacker-[0-9a-f]{12}\.tmp$/.test(name);
}
