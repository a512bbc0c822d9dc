import { compare, encodeBase64 } from 'bcryptjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import {
  generateSecret,
  htpasswdHasSalt,
  htpasswdMatches,
  randomText,
} from '../../src/secrets/generate.ts';
import { passwordSalt } from '../../src/secrets/version-key.ts';
import { realRandom, scriptedRandom, seededRandom, spec } from './fixtures.ts';

const noOthers = async (): Promise<string | null> => null;
const salt = async (): Promise<Uint8Array> => realRandom.bytes(16);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

describe('a generated password', () => {
  it('has 24 letters and digits, or as many as declared', async () => {
    const sources = { random: realRandom, others: noOthers, salt };
    expect(await generateSecret(spec({ name: 'a', kind: 'password' }), sources)).toMatch(
      /^[A-Za-z0-9]{24}$/,
    );
    expect(
      await generateSecret(spec({ name: 'a', kind: 'password', length: 40 }), sources),
    ).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  it('uses every character equally often', () => {
    const draws = 124_000;
    const counts = new Map<string, number>();
    for (const character of Array.from(randomText(seededRandom('uniform'), alphabet, draws)))
      counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = draws / alphabet.length;
    const chiSquare = Array.from(alphabet).reduce(
      (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
      0,
    );
    // 61 degrees of freedom: 112 is exceeded once in ten thousand. Without rejection the first
    // eight characters would be 25 % likelier, and the statistic above 700.
    expect(chiSquare).toBeLessThan(112);
  });

  it('draws again for bytes that would favour the first characters', () => {
    expect(randomText(scriptedRandom([248, 255, 0, 61]), alphabet, 2)).toBe('A9');
  });

  it('has the asked length for any alphabet and any randomness', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 200 }), (seed, length) => {
        expect(randomText(seededRandom(seed), alphabet, length)).toHaveLength(length);
      }),
    );
  });
});

describe('a generated hex or base64 secret', () => {
  it('encodes 32 bytes, or as many as declared', async () => {
    const sources = { random: realRandom, others: noOthers, salt };
    expect(await generateSecret(spec({ name: 'a', kind: 'hex' }), sources)).toMatch(
      /^[0-9a-f]{64}$/,
    );
    const base64 = await generateSecret(spec({ name: 'a', kind: 'base64', length: 48 }), sources);
    expect(Buffer.from(base64, 'base64')).toHaveLength(48);
    expect(Buffer.from(base64, 'base64').toString('base64')).toBe(base64);
  });
});

describe('a generated cookie secret', () => {
  it('is 32 ASCII bytes that no reader takes for base64url of something shorter', async () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const sources = { random: seededRandom(String(seed)), others: noOthers, salt };
      const secret = await generateSecret(spec({ name: 'a', kind: 'cookie' }), sources);
      expect(secret).toMatch(/^[A-Za-z0-9._~-]{32}$/);
      expect(secret).not.toMatch(/^[A-Za-z0-9_-]+$/);
    }
  });
});

describe('a generated htpasswd', () => {
  const htpasswd = spec({ name: 'users', kind: 'htpasswd', of: 'admin', user: 'ada' });

  it(
    'is one line of user and a bcrypt hash of the password, with cost 12',
    { timeout: 60_000 },
    async () => {
      const line = await generateSecret(htpasswd, {
        random: realRandom,
        others: async (name) => (name === 'admin' ? 'Correct7Horse7Battery7' : null),
        salt,
      });
      expect(line).toMatch(/^ada:\$2y\$12\$[./A-Za-z0-9]{53}$/);
      expect(await compare('Correct7Horse7Battery7', line.slice(4))).toBe(true);
      expect(await htpasswdMatches(line, 'ada', 'Correct7Horse7Battery7')).toBe(true);
      expect(await htpasswdMatches(line, 'ada', 'another')).toBe(false);
      expect(await htpasswdMatches(line, 'eve', 'Correct7Horse7Battery7')).toBe(false);
    },
  );

  it('is known by its salt to be made from a password', { timeout: 60_000 }, async () => {
    const bytes = passwordSalt(new Uint8Array(32).fill(1), 'ada', 'Correct7Horse7Battery7');
    const line = await generateSecret(htpasswd, {
      random: realRandom,
      others: async () => 'Correct7Horse7Battery7',
      salt: async () => bytes,
    });
    expect(htpasswdHasSalt(line, 'ada', bytes)).toBe(true);
    expect(htpasswdHasSalt(line, 'eve', bytes)).toBe(false);
    for (const [key, user, password] of [
      [1, 'ada', 'another'],
      [1, 'eve', 'Correct7Horse7Battery7'],
      [2, 'ada', 'Correct7Horse7Battery7'],
    ] as const) {
      const other = passwordSalt(new Uint8Array(32).fill(key), user, password);
      expect(htpasswdHasSalt(line, 'ada', other)).toBe(false);
    }
  });

  it('is known by any salt that there is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const line = `ada:$2y$12$${encodeBase64(bytes, 16)}${'x'.repeat(31)}`;
        expect(htpasswdHasSalt(line, 'ada', bytes)).toBe(true);
        bytes[7]! ^= 1;
        expect(htpasswdHasSalt(line, 'ada', bytes)).toBe(false);
      }),
    );
  });

  it('matches nothing where the line is damaged', async () => {
    for (const line of ['', 'ada', 'ada:', `ada:${'x'.repeat(60)}`, `ada:$2y$12$${'!'.repeat(53)}`])
      expect(await htpasswdMatches(line, 'ada', 'password')).toBe(false);
  });

  it('is refused for a password that bcrypt would cut, without showing it', async () => {
    const long = 'x'.repeat(73);
    const made = generateSecret(htpasswd, { random: realRandom, others: async () => long, salt });
    await expect(made).rejects.toMatchObject({ code: 'secret-invalid' });
    await expect(made).rejects.not.toThrow(long);
  });

  it('is refused where its password does not exist', async () => {
    await expect(
      generateSecret(htpasswd, { random: realRandom, others: noOthers, salt }),
    ).rejects.toMatchObject({ code: 'secret-missing' });
  });
});

describe('a secret that comes from a person', () => {
  it('is never generated', async () => {
    const made = generateSecret(spec({ name: 'client', kind: 'given' }), {
      random: realRandom,
      others: noOthers,
      salt,
    });
    await expect(made).rejects.toThrow(JackerError);
    await expect(made).rejects.toMatchObject({ code: 'secret-missing' });
  });
});
