const factors: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * A Compose byte value (`64m`, `1gb`, a number) in bytes; null where it is absent or not one.
 * https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-byte-values
 */
export function bytesOf(value: string | number | undefined): number | null {
  if (value === undefined) return null;
  const match = /^(\d+(?:\.\d+)?)\s*(?:([bkmg])b?)?$/i.exec(String(value).trim());
  if (!match) return null;
  return Math.floor(Number(match[1]) * (factors[(match[2] ?? 'b').toLowerCase()] ?? 1));
}
