/** Texts that every YAML reader, of version 1.1 or 1.2, takes for that text and nothing else. */
const plain = /^[A-Za-z_./][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$/;
/** Plain words that some reader takes for a truth value, a null or a number. */
const loaded = /^(y|n|yes|no|on|off|true|false|null|\.(inf|nan)|\.[0-9_.]*)$/i;

/**
 * A document of plain data as YAML that Compose reads back as it is: every dollar of a value is doubled,
 * so that nothing is interpolated, and every text that is more than a word is quoted. Written here and
 * not by a library because every `plan` does it for every service.
 */
export function composeYaml(document: object): string {
  return `${entries(document as Record<string, unknown>, '').join('\n')}\n`;
}

function entries(map: Record<string, unknown>, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) =>
    value === undefined ? [] : nested(`${indent}${quoted(key)}:`, value, `${indent}  `),
  );
}

/** The lines of a value that begins with `head` (a key or a dash), its own content at `indent`. */
function nested(head: string, value: unknown, indent: string): string[] {
  if (value === null) return [head];
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${head} []`];
    return [head, ...value.flatMap((item: unknown) => element(item, indent))];
  }
  if (typeof value === 'object') {
    const lines = entries(value as Record<string, unknown>, indent);
    return lines.length === 0 ? [`${head} {}`] : [head, ...lines];
  }
  return [`${head} ${scalar(value)}`];
}

function element(item: unknown, indent: string): string[] {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
    const lines = entries(item as Record<string, unknown>, `${indent}  `);
    const [first = ''] = lines;
    // The first key of a map stands on the line of its dash.
    return lines.length === 0
      ? [`${indent}- {}`]
      : [`${indent}- ${first.slice(indent.length + 2)}`, ...lines.slice(1)];
  }
  return item === null ? [`${indent}- null`] : nested(`${indent}-`, item, `${indent}  `);
}

function scalar(value: unknown): string {
  // Compose interpolates values, never keys.
  if (typeof value === 'string') return quoted(value.replaceAll('$', '$$$$'));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`a Compose file holds no ${typeof value}`);
}

function quoted(text: string): string {
  if (plain.test(text) && !loaded.test(text)) return text;
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
