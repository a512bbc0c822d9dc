/** A TLS protocol version by OpenSSL's name. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** What a handshake offers. */
export interface HandshakeOffer {
  /** SNI; absent: none is sent. */
  servername?: string;
  minVersion: TlsVersion;
  maxVersion: TlsVersion;
  /** OpenSSL cipher list for TLS 1.2 and older. */
  ciphers?: string;
}

/** How the edge answered a handshake. `unreachable`: no TCP connection, so nothing was learned. */
export type HandshakeResult =
  | { outcome: 'accepted'; protocol: string; cipher: string }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'unreachable'; reason: string };

/** A request to the edge over TLS. */
export interface EdgeRequest {
  host: string;
  path: string;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** The edge's answer; header names in lower case. */
export interface EdgeResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  setCookie: readonly string[];
  body: string;
}

/** The edge as a client outside sees it: TLS and HTTP on the published address. */
export interface EdgeClient {
  /** `address:port`, for reports. */
  address: string;
  handshake: (offer: HandshakeOffer) => Promise<HandshakeResult>;
  /** The certificate is checked by the project's authority. Rejects where there is no answer. */
  request: (request: EdgeRequest) => Promise<EdgeResponse>;
}
