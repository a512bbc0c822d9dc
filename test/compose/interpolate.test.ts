import { describe, expect, it } from 'vitest';
import { fillIn } from '../../src/compose/interpolate.ts';

const variables = new Map([
  ['NAME', 'value'],
  ['EMPTY', ''],
  ['OTHER', 'other'],
]);

describe('filling in variables', () => {
  it.each([
    ['plain', 'plain'],
    ['$NAME', 'value'],
    ['${NAME}', 'value'],
    ['a${NAME}b$OTHER', 'avaluebother'],
    ['${NAME:-default}', 'value'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${MISSING-default}', 'default'],
    ['${MISSING:-${NAME}}', 'value'],
    ['${MISSING:-a${OTHER:-x}b}', 'aotherb'],
    ['${NAME:+there}', 'there'],
    ['${EMPTY:+there}', ''],
    ['${EMPTY+there}', 'there'],
    ['${MISSING+there}', ''],
    ['${NAME:?needed}', 'value'],
    ['$$NAME', '$NAME'],
    ['$${NAME}', '${NAME}'],
    ['a $ b', 'a $ b'],
    ['${', '${'],
    ['${}', '${}'],
    ['$1', '$1'],
  ])('makes %s to %s', (text, expected) => {
    expect(fillIn(text, variables)).toEqual({ text: expected, open: [] });
  });

  it.each(['$MISSING', '${MISSING}', '${MISSING:?needed}', '${EMPTY:?needed}'])(
    'leaves %s and says which variable it is',
    (text) => {
      const name = /[A-Z]+/.exec(text)?.[0] ?? '';
      expect(fillIn(text, variables)).toEqual({ text, open: [name] });
    },
  );

  it('ends however deep defaults are nested', () => {
    const text = '${A:-'.repeat(5000) + 'x' + '}'.repeat(5000);
    expect(fillIn(text, new Map()).text.length).toBeGreaterThan(0);
  });
});
