import type { ConfigDeclaration } from '../catalog/manifest.ts';
import { JackerError } from '../error.ts';

export type Format = ConfigDeclaration['format'];

type Quote = (value: string) => string;

/** JSON's string notation, without the two line separators that older YAML readers break on. */
const json: Quote = (value) =>
  JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, unicodeEscape);

/** A value that a format has no notation for is refused rather than mangled. */
function only(pattern: RegExp, expectation: string): Quote {
  return (value) => {
    if (pattern.test(value)) return value;
    throw new JackerError('template-invalid', {
      what: `a value of ${value.length} characters cannot be written there`,
      why: `the format allows ${expectation}`,
      hint: 'Choose another value for the setting that ends up in this file.',
    });
  };
}

const printable = only(/^[^\p{Cc}\u2028\u2029]*$/u, 'no control character');

/**
 * How each format writes one text value so that it stays one value: with quotes where the format
 * has them, refused where it has no way. Sources: the formats' own grammars.
 */
const quotes: Readonly<Record<Format, Quote>> = {
  json,
  // A YAML double-quoted string takes JSON's escapes. Traefik runs its files through Go templates
  // before it parses them, so two braces may not stand there literally.
  yaml: (value) => json(value).replaceAll('{{', '\\u007b\\u007b'),
  toml: json,
  ini: (value) => `"${printable(value).replace(/["\\]/g, '\\$&')}"`,
  // redis.conf: sdssplitargs knows \xHH inside double quotes.
  redis: (value) =>
    `"${[...new TextEncoder().encode(value)]
      .map((byte) =>
        byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
          ? `\\x${byte.toString(16).padStart(2, '0')}`
          : String.fromCharCode(byte),
      )
      .join('')}"`,
  // An ACL line is split at blanks and has no quotes.
  acl: only(/^[\x21-\x7e]+$/, 'printable ASCII without blanks'),
  // haproxy.cfg: nothing is special between single quotes.
  haproxy: (value) => `'${printable(value).replaceAll("'", "'\\''")}'`,
  // nginx has no way to write a literal dollar in a string that may hold variables.
  nginx: (value) =>
    `"${only(/^[^$\p{Cc}]*$/u, 'no dollar sign and no control character')(value).replace(/["\\]/g, '\\$&')}"`,
  postgres: (value) => `'${printable(value).replace(/['\\]/g, (char) => char + char)}'`,
  // A quoted name has no keyword meaning: a role called `all` is just a role.
  hba: (value) => `"${only(/^[a-z_][a-z0-9_]*$/, 'lower-case names')(value)}"`,
  sql: (value) => `'${value.replaceAll("'", "''")}'`,
  shell: (value) => `'${printable(value).replaceAll("'", "'\\''")}'`,
  html: (value) =>
    value.replace(/[&<>"'`{}=]/g, (char) => `&#${(char.codePointAt(0) ?? 0).toString()};`),
  css: (value) =>
    `"${printable(value).replace(/["\\<>]/g, (char) => `\\${(char.codePointAt(0) ?? 0).toString(16)} `)}"`,
  text: printable,
};

/** One value in a format's own notation; numbers and booleans are written bare where they may. */
export function quote(format: Format, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && ['json', 'yaml', 'toml'].includes(format)) {
    return `[${value.map((item) => quote(format, item)).join(', ')}]`;
  }
  if (typeof value !== 'string') {
    throw new JackerError('template-invalid', {
      what: `a template interpolates ${value === undefined ? 'a name that does not exist' : typeof value}`,
      hint: 'Templates may write texts, numbers, booleans and, where the format has them, lists.',
    });
  }
  return quotes[format](value);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
