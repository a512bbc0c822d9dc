import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type SecureContextOptions } from 'node:tls';
import type {
  EdgeClient,
  EdgeRequest,
  EdgeResponse,
  EdgeTrust,
  HandshakeOffer,
  HandshakeResult,
} from '../controls/position/edge-client.ts';

/** Where the edge listens, and which certificates it is known by. */
export interface EdgeAddress {
  /** The bind address; one that means every address of the host is reached over loopback. */
  bindAddress: string;
  port: number;
  trust: EdgeTrust;
  /**
   * Certificates (PEM) one of which a request's connection must lead to, be it an authority's or
   * the edge's own; null: the machine's trust store. Secrets are sent to nobody else.
   */
  pinned: readonly string[] | null;
}

const timeoutMs = 10_000;
/** The longest that a request is put off in all where the edge asks to come again later. */
const patienceMs = 30_000;
const tooMany = 429;
const bodyLimit = 1024 * 1024;

/** A client of the edge from this process, as the outside sees it. */
export function createEdgeClient(edge: EdgeAddress, signal: AbortSignal): EdgeClient {
  const host = reachable(edge.bindAddress);
  const { port } = edge;
  return {
    address: `${host}:${port}`,
    trust: edge.trust,
    handshake: (offer) => handshake({ host, port }, offer, edge.trust, signal),
    request: async (request) => {
      let patience = patienceMs;
      for (;;) {
        const response = await send({ host, port, pinned: edge.pinned }, request, signal);
        // How long to wait is what the edge said; nothing is tried again without that.
        const wait = Number(response.headers['retry-after']) * 1000;
        if (response.status !== tooMany || !(wait > 0) || wait > patience) return response;
        patience -= wait;
        await delay(wait, undefined, { signal });
      }
    },
  };
}

function reachable(address: string): string {
  if (address === '0.0.0.0' || address === '') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

function handshake(
  target: { host: string; port: number },
  offer: HandshakeOffer,
  trust: EdgeTrust,
  signal: AbortSignal,
): Promise<HandshakeResult> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ ...target, signal });
    let connected = false;
    const end = (result: HandshakeResult): void => {
      tcp.destroy();
      resolve(result);
    };
    const fail = (error: Error & { code?: string }): void => {
      if (signal.aborted) reject(error);
      const reason = error.code ?? error.message;
      end({ outcome: connected ? 'refused' : 'unreachable', reason });
    };
    tcp.setTimeout(timeoutMs, () => end({ outcome: 'unreachable', reason: 'no answer' }));
    tcp.once('error', fail);
    tcp.once('connect', () => {
      connected = true;
      const secure = connectTls({
        socket: tcp,
        ...(offer.servername === undefined ? {} : { servername: offer.servername }),
        minVersion: offer.minVersion,
        maxVersion: offer.maxVersion,
        // The offer is the point: what this library would refuse by itself has to be offered too.
        ciphers: `${offer.ciphers ?? 'ALL'}:@SECLEVEL=0`,
        // The certificate is judged and reported, but ends nothing; no data follows.
        rejectUnauthorized: false,
        ...authorities(trust.judge),
      });
      secure.once('error', fail);
      // The server may close without an alert.
      secure.once('close', () => end({ outcome: 'refused', reason: 'connection closed' }));
      secure.once('secureConnect', () => {
        const result: HandshakeResult = {
          outcome: 'accepted',
          protocol: secure.getProtocol() ?? 'unknown',
          cipher: secure.getCipher().name,
          distrust: secure.authorized ? null : reasonOf(secure.authorizationError),
          validTo: endOf(secure.getPeerX509Certificate()?.validTo),
        };
        end(result);
      });
    });
  });
}

/** Certificates as TLS options; one that is not an authority's vouches for itself. */
function authorities(pem: readonly string[] | null): SecureContextOptions {
  return pem === null ? {} : { ca: [...pem], allowPartialTrustChain: true };
}

function endOf(validTo: string | undefined): Date | null {
  return validTo === undefined ? null : new Date(validTo);
}

/** Node's types say Error; it is a code. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function send(
  target: { host: string; port: number; pinned: readonly string[] | null },
  { host, path, method = 'GET', headers = {}, body }: EdgeRequest,
  signal: AbortSignal,
): Promise<EdgeResponse> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host: target.host,
      port: target.port,
      servername: host,
      path,
      method,
      agent: false,
      timeout: timeoutMs,
      signal,
      headers: {
        host: target.port === 443 ? host : `${host}:${target.port}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...authorities(target.pinned),
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= bodyLimit) chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [
              name,
              [value].flat().join(', '),
            ]),
          ),
          setCookie: response.headers['set-cookie'] ?? [],
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.end(body);
  });
}
