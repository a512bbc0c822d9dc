import { describe, expect, it } from 'vitest';
import { onCrossSitePost, parseSetCookie } from '../../../src/controls/edge/cookie-rules.ts';

const target = { host: 'app.example.com', path: '/orders' };

function carried(line: string, to = target): boolean {
  return onCrossSitePost(parseSetCookie(line), 'auth.example.com', to).carried;
}

describe('a Set-Cookie line', () => {
  it('is read as browsers read it', () => {
    expect(
      parseSetCookie(
        '__Secure-s=a=b|1; Path=/x; Domain=.Example.com; HttpOnly;secure; SameSite=Lax',
      ),
    ).toEqual({
      name: '__Secure-s',
      value: 'a=b|1',
      domain: 'example.com',
      path: '/x',
      secure: true,
      httpOnly: true,
      sameSite: 'lax',
    });
    expect(parseSetCookie('s=1; Path=x')).toMatchObject({
      domain: null,
      path: '/',
      sameSite: null,
      secure: false,
      httpOnly: false,
    });
  });
});

describe('a form of another site', () => {
  it.each([
    's=1; Domain=example.com; Secure; SameSite=None',
    's=1; Domain=app.example.com; Secure; SameSite=None; Path=/orders',
    's=1; Domain=example.com; Secure',
    's=1; Domain=example.com',
    's=1; Domain=example.com; SameSite=Sometimes',
    '__Secure-s=1; Domain=example.com; Secure; SameSite=None',
  ])('carries %s', (line) => {
    expect(carried(line)).toBe(true);
  });

  it.each([
    's=1; Domain=example.com; Secure; SameSite=Lax',
    's=1; Domain=example.com; Secure; SameSite=Strict',
    // Not kept at all.
    's=1; Domain=example.com; SameSite=None',
    '__Secure-s=1; Domain=example.com',
    '__Host-s=1; Domain=example.com; Secure; SameSite=None',
    // For others.
    's=1; Secure; SameSite=None',
    's=1; Domain=example.org; Secure; SameSite=None',
    's=1; Domain=xample.com; Secure; SameSite=None',
    's=1; Domain=example.com; Path=/order; Secure; SameSite=None',
  ])('does not carry %s', (line) => {
    expect(carried(line)).toBe(false);
  });

  it('carries a cookie without a domain to the host that set it', () => {
    expect(carried('s=1; Secure; SameSite=None', { host: 'auth.example.com', path: '/' })).toBe(
      true,
    );
  });
});
