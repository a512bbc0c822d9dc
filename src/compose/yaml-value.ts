/** What an edit writes: plain YAML values. */
export type PlainValue =
  string | number | boolean | null | readonly PlainValue[] | { readonly [key: string]: PlainValue };

/** Texts that YAML, or Compose's older parser, reads as something else than a text. */
const notText =
  /^(|~|null|true|false|yes|no|on|off|y|n|[-+]?[.\d][\d_.,:eExXoOa-fA-F+-]*|[-+]?\.(inf|nan))$/i;
const plainText = /^[A-Za-z0-9_./@][A-Za-z0-9_./@=+-]*$/;
/** In the block context, a colon or comma inside a text means nothing. */
const plainAlone = /^[A-Za-z0-9_./@][A-Za-z0-9_./@=+:,-]*$/;

/**
 * A value on one line: collections in flow style, texts plain where nobody can take them for
 * something else, and in double quotes otherwise.
 *
 * @param quote The quotes that the place used before.
 * @param alone True where the value stands in no flow collection.
 */
export function formatValue(value: PlainValue, quote?: '"' | "'", alone = true): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return formatText(value, quote, alone);
  if (typeof value !== 'object') return String(value);
  if (isList(value))
    return `[${value.map((one) => formatValue(one, undefined, false)).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, one]) => `${formatText(key, undefined, false)}: ${formatValue(one, undefined, false)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function formatText(text: string, quote: '"' | "'" | undefined, alone: boolean): string {
  // A character outside of printable ASCII needs the escapes that only double quotes have.
  if (quote === "'" && /^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  const plain = (alone ? plainAlone : plainText).test(text) && !notText.test(text);
  if (quote === undefined && plain && !text.endsWith(':')) return text;
  return JSON.stringify(text);
}

/** True for a list; narrows the type. */
export function isList(value: PlainValue | undefined): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/** True for a map; narrows the type. */
export function isMap(
  value: PlainValue | undefined,
): value is { readonly [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True where two values mean the same to Compose: it takes 1 and "1" for the same text. */
export function sameValue(one: PlainValue | undefined, two: PlainValue | undefined): boolean {
  if (isList(one) && isList(two)) {
    return one.length === two.length && one.every((item, index) => sameValue(item, two[index]));
  }
  if (isMap(one) && isMap(two)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(two).length &&
      keys.every((key) => Object.hasOwn(two, key) && sameValue(one[key], two[key]))
    );
  }
  if (isList(one) || isMap(one) || isList(two) || isMap(two)) return false;
  if (one === undefined || two === undefined) return one === two;
  return String(one) === String(two);
}
