import { request } from 'node:http';
import { connect, type ConnectionOptions } from 'node:tls';

/** How a TLS handshake with the edge ended. */
export type Handshake =
  | { protocol: string; cipher: string; issuer: string; alternativeNames: string }
  /** OpenSSL's name of the alert that the server sent, or of what else went wrong. */
  | { refused: string };

/** One handshake on a port of loopback, without a request. */
export function shakeHands(port: number, options: ConnectionOptions): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ...options });
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      resolve({
        protocol: socket.getProtocol() ?? '',
        cipher: socket.getCipher().name,
        issuer: String(certificate.issuer.CN),
        alternativeNames: certificate.subjectaltname ?? '',
      });
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ refused: error.code ?? error.message });
    });
  });
}

/** A plain HTTP request to a port of loopback that follows no redirect. */
export function requestPlainly(
  port: number,
  host: string,
  path: string,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, headers: { host }, agent: false },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
