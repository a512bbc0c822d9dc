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
  | {
      outcome: 'accepted';
      protocol: string;
      cipher: string;
      /** Why the certificate is not to be trusted for the name, as OpenSSL names it; null: it is. */
      distrust: string | null;
      /** When the certificate ends; null where none was shown. */
      validTo: Date | null;
    }
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

/** Who vouches for the edge's certificate. */
export interface EdgeTrust {
  /** What a handshake's certificate is judged by: PEM, or null for the machine's own store. */
  judge: readonly string[] | null;
  /** For people: by whom a certificate is to be trusted. */
  by: string;
}

/** The edge as a client outside sees it: TLS and HTTP on the published address. */
export interface EdgeClient {
  /** `address:port`, for reports. */
  address: string;
  trust: EdgeTrust;
  handshake: (offer: HandshakeOffer) => Promise<HandshakeResult>;
  /**
   * The certificate must be the project's own. Rejects where there is no answer. Where the edge
   * asks to come again later, it is done for as long as one may wait; the answer may still be 429.
   */
  request: (request: EdgeRequest) => Promise<EdgeResponse>;
}
