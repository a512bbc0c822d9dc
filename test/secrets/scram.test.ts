import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesVerifier, preparePassword, scramVerifier } from '../../src/secrets/scram.ts';
import { seededRandom } from './fixtures.ts';

/** The exchange of RFC 7677, section 3: user `user`, password `pencil`. */
const example = {
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  authMessage: [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  ].join(','),
  clientProof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverSignature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};
const verifier = scramVerifier('pencil', Buffer.from(example.salt, 'base64'));
const keys = /^SCRAM-SHA-256\$4096:([^$]+)\$([^:]+):(.+)$/.exec(verifier);

describe('a SCRAM verifier', () => {
  it('holds the salt and the server key with which RFC 7677 signs its example', () => {
    expect(keys?.[1]).toBe(example.salt);
    const signature = createHmac('sha256', Buffer.from(keys?.[3] ?? '', 'base64'))
      .update(example.authMessage)
      .digest('base64');
    expect(signature).toBe(example.serverSignature);
  });

  it('holds the stored key with which a server accepts the proof of RFC 7677', () => {
    const stored = Buffer.from(keys?.[2] ?? '', 'base64');
    const signature = createHmac('sha256', stored).update(example.authMessage).digest();
    const proof = Buffer.from(example.clientProof, 'base64');
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    expect(createHash('sha256').update(clientKey).digest()).toEqual(stored);
  });

  it('matches its own password and no other', () => {
    expect(matchesVerifier(verifier, 'pencil')).toBe(true);
    expect(matchesVerifier(verifier, 'Pencil')).toBe(false);
    expect(matchesVerifier(verifier, '')).toBe(false);
  });

  it('matches whatever printable password and salt it is made of', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{1,40}$/), fc.string(), (password, seed) => {
        const made = scramVerifier(password, seededRandom(seed).bytes(16), 64);
        expect(matchesVerifier(made, password)).toBe(true);
        expect(matchesVerifier(made, `${password}x`)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('is not matched by text that is no verifier', () => {
    const texts = ['', 'pencil', 'md5d8578edf8458ce06fbc5bb76a58c5ca4', verifier.slice(0, -1)];
    for (const text of [...texts, `${verifier}\n`, verifier.replace('4096', '0')])
      expect(matchesVerifier(text, 'pencil')).toBe(false);
  });
});

describe('a database password', () => {
  it('is normalised, so that two ways of typing it are one', () => {
    expect(preparePassword('e\u0301\ufb01')).toBe('\u00e9fi');
    expect(scramVerifier('\u2168', Buffer.alloc(16))).toBe(scramVerifier('IX', Buffer.alloc(16)));
    expect(preparePassword('a\u00a0b')).toBe('a b');
  });

  it.each(['', 'line\n', 'nul\0', 'soft\u00adhyphen', 'zero\u200bwidth', 'ogham\u1680', '\ud800'])(
    'is refused where clients would disagree on it (%j), without showing it',
    (password) => {
      const attempt = (): string => preparePassword(password);
      expect(attempt).toThrow(expect.objectContaining({ code: 'secret-invalid' }) as Error);
      if (password !== '') expect(attempt).not.toThrow(password);
      expect(matchesVerifier(verifier, password)).toBe(false);
    },
  );
});
