import { X509Certificate, createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  authorityNeedsRenewal,
  createAuthority,
  issueCertificate,
} from '../../src/secrets/authority.ts';
import { keyBelongsTo, needsRenewal } from '../../src/secrets/certificate.ts';
import { generateKey, serverExtensions, signCertificate } from '../../src/secrets/x509.ts';
import { realRandom, run, scriptedRandom, seededRandom, withFolder } from './fixtures.ts';

const day = 24 * 60 * 60 * 1000;
const now = new Date();
const later = (days: number): Date => new Date(now.getTime() + days * day);
const names = ['jacker.localhost', '*.jacker.localhost', 'postgres'];
const authority = createAuthority({
  project: 'jacker',
  permitted: ['jacker.localhost', '*.jacker.localhost', 'postgres', 'redis'],
  now,
  random: realRandom,
});
const leaf = issueCertificate({ authority, names, now, random: realRandom });

/** What `openssl verify` says about a certificate, at its strictest. */
async function verify(
  ca: string,
  certificate: string,
): Promise<{ status: number; output: string }> {
  return withFolder(async (folder) => {
    const [caFile, leafFile] = [join(folder, 'ca.crt'), join(folder, 'leaf.crt')];
    await writeFile(caFile, ca);
    await writeFile(leafFile, certificate);
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile, leafFile];
    return run('openssl', args);
  });
}

async function textOf(certificate: string): Promise<string> {
  return withFolder(async (folder) => {
    const file = join(folder, 'one.crt');
    await writeFile(file, certificate);
    const { status, output } = await run('openssl', ['x509', '-noout', '-text', '-in', file]);
    expect(status).toBe(0);
    return output;
  });
}

/** A TLS handshake with a server that has the leaf; answers the client's error code, or ''. */
async function handshake(servername: string, trusted: string): Promise<string> {
  const server = createServer({ cert: leaf.certificate, key: leaf.key });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', servername, ca: trusted });
  try {
    await once(client, 'secureConnect');
    return client.authorized ? '' : 'unauthorized';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    client.destroy();
    server.close();
    await once(server, 'close');
  }
}

/** A certificate signed with the authority's key past Jacker's own checks, as a thief would. */
function forged(extra: { names: string[] }): string {
  const issuerKey = createPrivateKey(authority.key);
  const key = generateKey(realRandom);
  return signCertificate(
    {
      serial: realRandom.bytes(16),
      subject: 'forged',
      issuer: 'Jacker local CA jacker',
      notBefore: later(-1),
      notAfter: later(30),
      key,
      extensions: serverExtensions(key, issuerKey, extra.names),
    },
    issuerKey,
  );
}

describe('the local authority', () => {
  it('is a P-256 authority for ten years that can have none below it', async () => {
    const text = await textOf(authority.certificate);
    expect(text).toMatch(/Subject: CN ?= ?Jacker local CA jacker/);
    expect(text).toContain('NIST CURVE: P-256');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    const { validToDate } = new X509Certificate(authority.certificate);
    expect(validToDate.getTime() - now.getTime()).toBeGreaterThan(3651 * day);
  });

  it('is accepted as the issuer of its certificates by OpenSSL at its strictest', async () => {
    expect(await verify(authority.certificate, leaf.certificate)).toMatchObject({ status: 0 });
  });

  it('is of no use for other domains, should its key be stolen', async () => {
    expect(
      await verify(authority.certificate, forged({ names: ['a.jacker.localhost'] })),
    ).toMatchObject({ status: 0 });
    const { status, output } = await verify(
      authority.certificate,
      forged({ names: ['www.example.com'] }),
    );
    expect(status).not.toBe(0);
    expect(output).toContain('permitted subtree violation');
  });

  it('refuses to issue for names outside its constraints', () => {
    const issue = (wanted: string[]) => () =>
      issueCertificate({ authority, names: wanted, now, random: realRandom });
    expect(issue(['example.com'])).toThrow(/example\.com/);
    expect(issue(['evil-jacker.localhost'])).toThrow(/evil-jacker/);
    expect(issue(['Not a name'])).toThrow(/DNS name/);
    expect(issue([])).toThrow(/DNS name/);
    expect(issue(['deep.below.jacker.localhost', 'redis'])).not.toThrow();
  });

  it('refuses to issue with another key, without showing it', () => {
    const other = createAuthority({ project: 'x', permitted: ['x'], now, random: realRandom });
    for (const key of [other.key, 'not a key']) {
      const issue = (): unknown =>
        issueCertificate({ authority: { ...authority, key }, names, now, random: realRandom });
      expect(issue).toThrow(expect.objectContaining({ code: 'secret-invalid' }) as Error);
      expect(issue).not.toThrow(key);
    }
  });

  it('can be made again for more names with the same key, keeping what it issued valid', async () => {
    const again = createAuthority({
      project: 'jacker',
      permitted: ['jacker.localhost', 'postgres', 'example.org'],
      now,
      random: realRandom,
      key: authority.key,
    });
    expect(again.key).toBe(authority.key);
    expect(await verify(again.certificate, leaf.certificate)).toMatchObject({ status: 0 });
    expect(needsRenewal(leaf.certificate, { now, names, authority: again.certificate })).toBeNull();
  });

  it('has to be made again for new names, and before it ends', () => {
    const pem = authority.certificate;
    expect(authorityNeedsRenewal(pem, { now, names })).toBeNull();
    expect(authorityNeedsRenewal(pem, { now, names: ['example.com'] })).toBe('names');
    expect(authorityNeedsRenewal(pem, { now: later(3600), names })).toBe('ageing');
    expect(authorityNeedsRenewal('junk', { now, names })).toBe('unreadable');
  });
});

describe('a certificate of the local authority', () => {
  it('is for TLS servers of its names, for 90 days', async () => {
    const text = await textOf(leaf.certificate);
    expect(text).toContain('TLS Web Server Authentication');
    expect(text).toContain('DNS:jacker.localhost, DNS:*.jacker.localhost, DNS:postgres');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    const parsed = new X509Certificate(leaf.certificate);
    expect(Math.round((parsed.validToDate.getTime() - now.getTime()) / day)).toBe(90);
    expect(keyBelongsTo(leaf.certificate, leaf.key)).toBe(true);
    expect(keyBelongsTo(leaf.certificate, authority.key)).toBe(false);
  });

  it('ends no later than its authority', () => {
    const last = issueCertificate({ authority, names, now: later(3640), random: realRandom });
    expect(new X509Certificate(last.certificate).validTo).toBe(
      new X509Certificate(authority.certificate).validTo,
    );
  });

  it('has another serial number each time, of a positive 16 bytes', () => {
    const serials = Array.from({ length: 5 }, () => {
      const issued = issueCertificate({ authority, names, now, random: realRandom });
      return new X509Certificate(issued.certificate).serialNumber;
    });
    expect(new Set(serials).size).toBe(5);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it.each(['jacker.localhost', 'auth.jacker.localhost', 'postgres'])(
    'serves %s over TLS to a client that trusts the authority',
    async (name) => {
      expect(await handshake(name, authority.certificate)).toBe('');
    },
  );

  it('is refused for another name, and by a client that trusts another authority', async () => {
    expect(await handshake('a.b.jacker.localhost', authority.certificate)).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const other = createAuthority({
      project: 'jacker',
      permitted: names,
      now,
      random: realRandom,
    });
    expect(await handshake('jacker.localhost', other.certificate)).toMatch(
      /UNABLE_TO|SIGNATURE_FAILURE|BAD_SIGNATURE|SELF_SIGNED/,
    );
  });

  it('is renewed in the last third of its life, for other names, and for another authority', () => {
    const wanted = { now, names, authority: authority.certificate };
    const other = createAuthority({ project: 'jacker', permitted: names, now, random: realRandom });
    expect(needsRenewal(leaf.certificate, wanted)).toBeNull();
    expect(needsRenewal(leaf.certificate, { ...wanted, names: [...names].reverse() })).toBeNull();
    expect(needsRenewal(leaf.certificate, { ...wanted, now: later(59) })).toBeNull();
    expect(needsRenewal(leaf.certificate, { ...wanted, now: later(61) })).toBe('ageing');
    expect(needsRenewal(leaf.certificate, { ...wanted, now: later(91) })).toBe('ageing');
    expect(needsRenewal(leaf.certificate, { ...wanted, names: ['postgres'] })).toBe('names');
    expect(needsRenewal(leaf.certificate, { ...wanted, authority: other.certificate })).toBe(
      'issuer',
    );
    expect(needsRenewal('junk', wanted)).toBe('unreadable');
  });
});

describe('a key', () => {
  it('is determined by the randomness that it is drawn from', () => {
    const publicKey = (seed: string): unknown =>
      generateKey(seededRandom(seed)).export({ format: 'jwk' }).x;
    expect(publicKey('a')).toBe(publicKey('a'));
    expect(publicKey('a')).not.toBe(publicKey('b'));
  });

  it('is drawn again where the bytes are no private key of the curve', () => {
    const zero = new Array<number>(32).fill(0);
    const tooLarge = new Array<number>(32).fill(255);
    const one = [...zero.slice(1), 1];
    const key = generateKey(scriptedRandom([...zero, ...tooLarge, ...one]));
    // The public key of the scalar 1 is the curve's generator.
    expect(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')).toBe(
      '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
    );
  });
});
