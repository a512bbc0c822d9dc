import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JackerError } from '../../src/error.ts';
import { orderSpecs } from '../../src/secrets/order.ts';
import type { SecretSpec } from '../../src/secrets/specification.ts';
import { spec } from './fixtures.ts';

const specs = [
  spec({ name: 'admin', kind: 'password' }),
  spec({ name: 'cookie', kind: 'cookie' }),
  spec({ name: 'a-users', kind: 'htpasswd', of: 'admin', user: 'ada' }),
  spec({ name: 'edge', kind: 'certificate', names: ['x.test'] }),
  spec({ name: 'a-key', kind: 'certificate-key', of: 'edge' }),
  spec({ name: 'a-config.yml', kind: 'given', rendered: true }),
];

function problemsOf(list: readonly SecretSpec[]): string[] {
  try {
    orderSpecs(list);
  } catch (error) {
    return (error as JackerError).problems.map(({ what }) => what);
  }
  return [];
}

describe('the order of specifications', () => {
  it('puts each secret after the one it is made from, however they are given', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(specs, { minLength: specs.length }), (shuffled) => {
        const order = orderSpecs(shuffled).map(({ name }) => name);
        expect(order).toEqual(orderSpecs(specs).map(({ name }) => name));
        expect(order.indexOf('admin')).toBeLessThan(order.indexOf('a-users'));
        expect(order.indexOf('edge')).toBeLessThan(order.indexOf('a-key'));
      }),
    );
  });

  it('is refused for contradictions, all of them at once', () => {
    expect(
      problemsOf([
        spec({ name: '../up', kind: 'password' }),
        spec({ name: 'ca.key', kind: 'given' }),
        spec({ name: 'users', kind: 'htpasswd', of: 'nobody', user: 'a:b' }),
        spec({ name: 'bare', kind: 'certificate' }),
        spec({ name: 'twice', kind: 'hex' }),
        spec({ name: 'twice', kind: 'password' }),
      ]),
    ).toEqual([
      'the name cannot be a file name',
      'the name is taken by the local authority',
      '`of` must name the password that it hashes',
      '`user` must be a name without colons and spaces',
      '`names` must hold a DNS name',
      'two secrets have this name',
      'a certificate has one key, not 0',
    ]);
  });

  it('is refused where `of` names a secret of the wrong kind', () => {
    const edge = spec({ name: 'edge', kind: 'certificate', names: ['x.test'] });
    expect(
      problemsOf([
        edge,
        spec({ name: 'edge-key', kind: 'certificate-key', of: 'edge' }),
        spec({ name: 'users', kind: 'htpasswd', of: 'edge', user: 'ada' }),
        spec({ name: 'stray', kind: 'certificate-key', of: 'users' }),
      ]),
    ).toEqual(['`of` must name a password', '`of` must name a certificate']);
  });
});
