import { describe, expect, it } from 'vitest';
import { isReadable } from '../../../src/controls/edge/sessions.ts';
import { seededRandom } from '../../secrets/fixtures.ts';

/** As a value comes from Redis: its bytes as text. */
const received = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').trim();

describe('a session in Redis', () => {
  it.each(['admin', 'ed', 'x'])('is not readable where it is encrypted, of the user %s', (user) => {
    const random = seededRandom(user);
    const wrong = Array.from({ length: 20_000 }, (_, index) =>
      received(random.bytes(50 + (index % 200))),
    ).filter((value) => isReadable(value, user));
    expect(wrong).toEqual([]);
  });

  it.each([
    '{"user":"admin"}',
    '{"User":"ed","AccessToken":"x"}',
    '  {"a":1}',
    '"{\\"User\\":\\"ed\\"}"',
    Buffer.from('{"User":"ed"}').toString('base64'),
    Buffer.from('{"User":"ed"}').toString('base64url'),
    '\u0083\u00a1uadmin\u00a2ca',
    '\u0083\u00a1e\u00b0ed.jones@mail.example.test',
  ])('is readable as %j', (value) => {
    expect(isReadable(value, 'admin')).toBe(true);
  });

  it('is readable where it names a user of two characters', () => {
    expect(isReadable('u:"ed"', 'ed')).toBe(true);
  });
});
