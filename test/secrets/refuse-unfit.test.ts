import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { refuseUnfit } from '../../src/secrets/refuse-unfit.ts';
import type { SecretSpec } from '../../src/secrets/specification.ts';

const fit: Readonly<Record<string, string>> = {
  password: 'R2x9k7Qm4Wp8Zt6Bv3Nc',
  hex: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  base64: Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64'),
  cookie: 'abcdefghijklmnopqrstuvwxyz.~0123',
  given: 'what-the-provider-gave',
};
const specs = Object.keys(fit).map((kind): SecretSpec => ({
  name: `a-${kind}`,
  kind: kind as 'hex',
  help: '',
  owner: 'test',
}));

async function problemsWith(changes: Readonly<Record<string, string>>): Promise<string[]> {
  const contents = { ...fit, ...changes };
  const read = (name: string) => Promise.resolve(contents[name.slice(2)] ?? null);
  try {
    await refuseUnfit({ folder: '/p/secrets', read }, specs);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(JackerError);
    expect(error).toMatchObject({ code: 'secret-invalid', exitCode: 2 });
    const { problems } = error as JackerError;
    for (const { where, hint } of problems) {
      expect(where?.file).toMatch(/^secrets\/a-/);
      expect(hint).toBeTruthy();
    }
    expect((error as JackerError).message).not.toContain(fit['password']);
    return problems.map(({ what }) => what);
  }
}

describe('secrets that no service could use', () => {
  it.each([
    ['password', '', /empty/],
    ['password', '\n', /empty/],
    ['password', `${fit['password'] ?? ''}\n`, /line end/],
    ['password', `${fit['password'] ?? ''}\nmore`, /several lines/],
    ['password', `${fit['password'] ?? ''}\0`, /several lines, or a control character/],
    ['password', 'changeme', /published default/],
    ['hex', 'xyz', /is not hex/],
    ['base64', '****', /is not base64/],
    ['cookie', 'short', /exactly 32/],
    ['given', 'a\nb', /several lines/],
    ['given', 'a\r\n', /line end/],
  ])('a %s that is %j is refused', async (kind, content, what) => {
    const problems = await problemsWith({ [kind]: content });
    expect(problems.some((text) => what.test(text))).toBe(true);
  });

  it('those that fit are taken, as is a PEM file, a word of the provider, and what is missing', async () => {
    expect(await problemsWith({})).toEqual([]);
    expect(
      await problemsWith({
        given: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      }),
    ).toEqual([]);
    expect(await problemsWith({ given: 'secret' })).toEqual([]);
    await refuseUnfit({ folder: '/p/secrets', read: () => Promise.resolve(null) }, specs);
  });

  it('all of them are told at once', async () => {
    expect(await problemsWith({ password: '', cookie: '', given: '' })).toHaveLength(3);
  });
});
