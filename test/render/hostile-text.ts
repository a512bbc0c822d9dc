import fc from 'fast-check';
import { linePattern } from '../../src/settings/forms.ts';

/** Pieces that end, begin or expand something in one of the formats. */
export const hostilePieces = [
  '"',
  "'",
  '`',
  '\\',
  '\\"',
  "''",
  '#',
  ' # ',
  '{{',
  '}}',
  '{{.Redirect}}',
  '{{ end }}',
  '{{define "x"}}',
  '$',
  '$$',
  '${DOMAIN}',
  '${X:-y}',
  '$(id)',
  '`id`',
  '%',
  '%{}',
  '%[src]',
  '-',
  '--flag',
  '- item',
  ': ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '&anchor',
  '*alias',
  '!tag',
  '|',
  '>',
  '@',
  '=',
  ';',
  '<!--',
  '-->',
  '</style>',
  '</h1><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '&amp;',
  '&#60;',
  'null',
  'true',
  'no',
  '1e3',
  '0x1f',
  '12:30',
  '2001-01-01',
  '~',
  '<<',
  '...',
  '---',
  ' ',
  '\t',
  'é',
  'ß',
  '漢字',
  '😀',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\ufffd',
];

/** Any text that a setting of one line may hold. */
export const hostileLine = fc
  .array(
    fc.oneof(fc.constantFrom(...hostilePieces), fc.string({ unit: 'grapheme', maxLength: 8 })),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((pieces) => pieces.join(''))
  .filter((text) => text !== '' && new RegExp(linePattern, 'u').test(text));

/** Any text that formats without a notation for control characters take. */
export const hostilePrintable = hostileLine.map((text) => text.replaceAll('\t', ' '));

/** Any text, control characters and line ends included. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...hostilePieces, '\n', '\r\n', '\r', '\u2028', '\u0085', '\u0007', '\u007f'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));
