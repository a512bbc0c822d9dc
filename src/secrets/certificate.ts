import { X509Certificate, createPrivateKey } from 'node:crypto';

// Apart from the authority: looking at a certificate needs none of the code that makes one.

export const day = 24 * 60 * 60 * 1000;
/** How long a leaf certificate lives. */
export const leafDays = 90;

/** Why a certificate has to be issued again. */
export type RenewalReason = 'unreadable' | 'ageing' | 'names' | 'issuer';

/** The parsed certificate, or `null` where the text is none. */
export function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** True where the private key is the certificate's; false also for unreadable texts. */
export function keyBelongsTo(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The DNS names of a certificate's subjectAltName. */
function alternativeNames(certificate: X509Certificate): string[] {
  const text = certificate.subjectAltName ?? '';
  return text.split(', ').map((entry) => entry.replace(/^DNS:/, ''));
}

/** True where less than a third of the certificate's life is left, or none. */
function isAgeing(certificate: X509Certificate, now: Date): boolean {
  const end = certificate.validToDate.getTime();
  const life = end - certificate.validFromDate.getTime();
  return end - now.getTime() < life / 3;
}

/**
 * Why the certificate must be issued again, or `null` where it need not: unreadable; less than a
 * third of its life left; for other names than the wanted ones; not signed by this authority.
 * Only certificates are looked at: it works while the authority's key is kept elsewhere.
 */
export function needsRenewal(
  pem: string,
  wanted: { now: Date; names: readonly string[]; authority: string },
): RenewalReason | null {
  const certificate = parseCertificate(pem);
  if (!certificate) return 'unreadable';
  const authority = parseCertificate(wanted.authority);
  if (!authority || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return 'issuer';
  const has = new Set(alternativeNames(certificate));
  const wants = new Set(wanted.names);
  if (has.size !== wants.size || [...wants].some((name) => !has.has(name))) return 'names';
  return isAgeing(certificate, wanted.now) ? 'ageing' : null;
}

/** True where the certificate ends within that many days. */
export function endsWithin(certificate: X509Certificate, days: number, now: Date): boolean {
  return certificate.validToDate.getTime() < now.getTime() + days * day;
}
