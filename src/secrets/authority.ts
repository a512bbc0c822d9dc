import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, NameConstraints, id_ce_nameConstraints } from '@peculiar/asn1-x509';
import { JackerError } from '../error.ts';
import type { Randomness } from '../io/world.ts';
import {
  day,
  endsWithin,
  keyBelongsTo,
  leafDays,
  parseCertificate,
  type RenewalReason,
} from './certificate.ts';
import { authorityFiles } from './specification.ts';
import {
  authorityExtensions,
  generateKey,
  keyToPem,
  serverExtensions,
  signCertificate,
} from './x509.ts';

const authorityDays = 3652;
/** Clocks of two machines differ: a certificate is valid a little before it is made. */
const clockSkew = 60 * 60 * 1000;
/** X.520's upper bound of a common name. */
const commonNameLength = 64;
/** One DNS name of lower-case labels; a leading `*.` stands for one label. */
const dnsName =
  /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

function requireDnsNames(names: readonly string[]): void {
  const wrong = names.filter((name) => !dnsName.test(name) || name.length > 253);
  if (names.length > 0 && wrong.length === 0) return;
  throw new JackerError(
    'secret-invalid',
    names.length === 0
      ? { what: 'a certificate needs a DNS name' }
      : wrong.map((name) => ({ what: `'${name}' is not a DNS name in lower case` })),
  );
}

function readAuthorityKey(pem: string): KeyObject {
  let key;
  try {
    key = createPrivateKey(pem);
  } catch {
    // What OpenSSL says about the text is of no use to a person.
  }
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new JackerError('secret-invalid', {
    what: "the local authority's key is not a P-256 key in PEM",
    where: { file: `secrets/${authorityFiles.key}` },
    hint: 'Put the right key back, or run `jacker secrets generate --force ca.crt` to make a new authority.',
  });
}

/** The names without wildcards and without those that another one already covers, sorted. */
function subtreesOf(names: readonly string[]): string[] {
  const bases = [...new Set(names.map((name) => name.replace(/^\*\./, '')))].sort();
  return bases.filter((base) => !bases.some((other) => base.endsWith(`.${other}`)));
}

/**
 * The project's own certificate authority: P-256, ten years, no further authorities below it.
 * It can sign for the `permitted` DNS names and names below them only (name constraints), so that
 * a browser that trusts it does not trust it for the rest of the internet. `key` (PEM) issues
 * a new certificate for an existing key. Throws `secret-invalid` for a name that is no DNS name.
 */
export function createAuthority(options: {
  project: string;
  permitted: readonly string[];
  now: Date;
  random: Randomness;
  key?: string;
}): KeyPair {
  const { project, permitted, now, random } = options;
  requireDnsNames(permitted);
  const key = options.key === undefined ? generateKey(random) : readAuthorityKey(options.key);
  const subject = `Jacker local CA ${project}`;
  const certificate = signCertificate(
    {
      serial: random.bytes(16),
      subject,
      issuer: subject,
      notBefore: new Date(now.getTime() - clockSkew),
      notAfter: new Date(now.getTime() + authorityDays * day),
      key,
      extensions: authorityExtensions(key, subtreesOf(permitted)),
    },
    key,
  );
  return { certificate, key: keyToPem(key) };
}

/**
 * A TLS server certificate for the names (wildcards allowed) with a new P-256 key: 90 days, but
 * not longer than the authority itself. Throws `secret-invalid` for a name that is no DNS name or
 * that the authority may not sign for, and where the authority's key is not its certificate's.
 */
export function issueCertificate(options: {
  authority: KeyPair;
  names: readonly string[];
  now: Date;
  random: Randomness;
}): KeyPair {
  const { authority, names, now, random } = options;
  requireDnsNames(names);
  const issuer = new X509Certificate(authority.certificate);
  if (!keyBelongsTo(authority.certificate, authority.key))
    throw new JackerError('secret-invalid', {
      what: "the local authority's key does not belong to its certificate",
      where: { file: `secrets/${authorityFiles.key}` },
      hint: 'Put the right key back, or run `jacker secrets generate --force ca.crt` to make a new authority.',
    });
  const foreign = names.filter((name) => !permits(authority.certificate, name));
  if (foreign.length > 0)
    throw new JackerError('secret-invalid', {
      what: `the local authority may not sign for ${foreign.join(', ')}`,
      why: 'its name constraints do not permit it',
    });
  const issuerKey = readAuthorityKey(authority.key);
  const key = generateKey(random);
  const [first = ''] = names;
  const certificate = signCertificate(
    {
      serial: random.bytes(16),
      // Clients look at the alternative names; the common name is for people.
      subject: first.length <= commonNameLength ? first : first.slice(-commonNameLength),
      issuer: issuer.subject.replace(/^CN=/, ''),
      notBefore: new Date(now.getTime() - clockSkew),
      notAfter: new Date(Math.min(now.getTime() + leafDays * day, issuer.validToDate.getTime())),
      key,
      extensions: serverExtensions(key, issuerKey, [...new Set(names)]),
    },
    issuerKey,
  );
  return { certificate, key: keyToPem(key) };
}

/** True where the authority's name constraints let it sign for the name. */
function permits(authority: string, name: string): boolean {
  const { raw } = new X509Certificate(authority);
  const { extensions } = AsnConvert.parse(raw, Certificate).tbsCertificate;
  const found = extensions?.find((extension) => extension.extnID === id_ce_nameConstraints);
  if (!found) return true;
  const { permittedSubtrees } = AsnConvert.parse(found.extnValue, NameConstraints);
  const base = name.replace(/^\*\./, '');
  const covers = permittedSubtrees?.some(
    ({ base: { dNSName } }) =>
      dNSName !== undefined && (base === dNSName || base.endsWith(`.${dNSName}`)),
  );
  return covers ?? false;
}

/**
 * Why the authority's certificate must be made again, or `null`: unreadable; it would end within
 * the life of a certificate issued now; it may not sign for one of the names. Its key can stay.
 */
export function authorityNeedsRenewal(
  pem: string,
  wanted: { now: Date; names: readonly string[] },
): Exclude<RenewalReason, 'issuer'> | null {
  const certificate = parseCertificate(pem);
  if (!certificate) return 'unreadable';
  if (!wanted.names.every((name) => permits(pem, name))) return 'names';
  return endsWithin(certificate, leafDays, wanted.now) ? 'ageing' : null;
}
