import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type {
  EdgeClient,
  EdgeRequest,
  EdgeResponse,
  HandshakeOffer,
  HandshakeResult,
} from '../controls/position/edge-client.ts';

/** Where the edge listens, and the authority that its certificate is checked by. */
export interface EdgeAddress {
  /** The bind address; one that means every address of the host is reached over loopback. */
  bindAddress: string;
  port: number;
  /** PEM; null: the machine's own trust store. */
  authority: string | null;
}

const timeoutMs = 10_000;
const bodyLimit = 1024 * 1024;

/** A client of the edge from this process, as the outside sees it. */
export function createEdgeClient(edge: EdgeAddress, signal: AbortSignal): EdgeClient {
  const host = reachable(edge.bindAddress);
  const { port } = edge;
  return {
    address: `${host}:${port}`,
    handshake: (offer) => handshake({ host, port }, offer, signal),
    request: (request) => send({ host, port, authority: edge.authority }, request, signal),
  };
}

function reachable(address: string): string {
  if (address === '0.0.0.0' || address === '') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

function handshake(
  target: { host: string; port: number },
  offer: HandshakeOffer,
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
        // Whose certificate it is decides nothing here; no data follows.
        rejectUnauthorized: false,
      });
      secure.once('error', fail);
      // The server may close without an alert.
      secure.once('close', () => end({ outcome: 'refused', reason: 'connection closed' }));
      secure.once('secureConnect', () => {
        const result: HandshakeResult = {
          outcome: 'accepted',
          protocol: secure.getProtocol() ?? 'unknown',
          cipher: secure.getCipher().name,
        };
        end(result);
      });
    });
  });
}

function send(
  target: { host: string; port: number; authority: string | null },
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
      ...(target.authority === null ? {} : { ca: target.authority }),
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
