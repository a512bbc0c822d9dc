import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../src/secrets/authority.ts';
import { createEdgeClient } from '../../src/verify/edge-client.ts';
import { realRandom } from '../secrets/fixtures.ts';

const now = new Date();
const authority = createAuthority({
  project: 'edge',
  permitted: ['app.test', 'other.test'],
  now,
  random: realRandom,
});
const own = issueCertificate({ authority, names: ['app.test'], now, random: realRandom });
const stranger = issueCertificate({ authority, names: ['app.test'], now, random: realRandom });

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server?.close(resolve)));

/** An edge that answers one status after the other, the last one from then on. */
async function serve(answers: readonly (readonly [number, Record<string, string>?])[]) {
  let asked = 0;
  server = createServer({ cert: own.certificate, key: own.key }, (_request, response) => {
    const [status = 500, headers = {}] = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked: () => asked,
    client: (pinned: readonly string[] | null, judge = pinned) =>
      createEdgeClient(
        { bindAddress: '0.0.0.0', port, pinned, trust: { judge, by: 'the test' } },
        new AbortController().signal,
      ),
  };
}

const request = { host: 'app.test', path: '/' };

describe('a request to an edge that asks to come again later', () => {
  it('comes again when it was told to', async () => {
    const edge = await serve([[429, { 'retry-after': '1' }], [200]]);
    const began = Date.now();
    const answer = await edge.client([authority.certificate]).request(request);
    expect(answer.status).toBe(200);
    expect(edge.asked()).toBe(2);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it('does not come again where it was not told when, or has to wait too long', async () => {
    for (const headers of [{}, { 'retry-after': '3600' }, { 'retry-after': 'soon' }]) {
      const edge = await serve([[429, headers], [200]]);
      const answer = await edge.client([authority.certificate]).request(request);
      expect(answer.status).toBe(429);
      expect(edge.asked()).toBe(1);
      await new Promise((resolve) => server?.close(resolve));
    }
  });
});

describe('whom a request is sent to', () => {
  it('is the holder of the pinned certificate, or of one that its authority signed', async () => {
    const edge = await serve([[200]]);
    for (const pinned of [authority.certificate, own.certificate]) {
      expect((await edge.client([pinned]).request(request)).status).toBe(200);
    }
    for (const pinned of [[stranger.certificate], null]) {
      await expect(edge.client(pinned).request(request)).rejects.toThrow(/certificate|issuer/);
    }
    expect(edge.asked()).toBe(2);
  });
});

describe('a handshake', () => {
  const modern = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

  it('tells whether the certificate is to be trusted for the name', async () => {
    const edge = await serve([[200]]);
    const shake = (judge: readonly string[] | null, servername: string) =>
      edge.client(null, judge).handshake({ servername, ...modern });
    expect(await shake([authority.certificate], 'app.test')).toMatchObject({ distrust: null });
    expect(await shake([own.certificate], 'app.test')).toMatchObject({ distrust: null });
    expect(await shake([authority.certificate], 'other.test')).toMatchObject({
      distrust: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(await shake([stranger.certificate], 'app.test')).toMatchObject({
      distrust: expect.stringMatching(/ISSUER|VERIFY/) as unknown,
    });
    expect(await shake(null, 'app.test')).toMatchObject({
      distrust: expect.stringMatching(/ISSUER|VERIFY/) as unknown,
    });
  });
});
