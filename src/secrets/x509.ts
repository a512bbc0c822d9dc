import { createECDH, createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
} from '@peculiar/asn1-x509';
import type { Randomness } from '../io/world.ts';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonNameType = '2.5.4.3';
/** Order of the curve P-256's group (FIPS 186-5, SP 800-186). */
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * A P-256 key drawn by rejection sampling (FIPS 186-5, A.2.2) from the given randomness: the same
 * bytes give the same key.
 */
export function generateKey(random: Randomness): KeyObject {
  for (;;) {
    const candidate = Buffer.from(random.bytes(32));
    const scalar = BigInt(`0x${candidate.toString('hex')}`);
    if (scalar === 0n || scalar >= p256Order) continue;
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(candidate);
    const point = curve.getPublicKey();
    return createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        d: candidate.toString('base64url'),
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33, 65).toString('base64url'),
      },
    });
  }
}

/** A private key as PKCS #8 PEM, ending with a newline as PEM does. */
export function keyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return AsnConvert.parse(der, SubjectPublicKeyInfo);
}

/** RFC 7093, method 1: the leftmost 160 bits of the public key's SHA-256. */
function keyIdentifier(key: KeyObject): Buffer {
  const bits = new Uint8Array(publicKeyInfo(key).subjectPublicKey);
  return createHash('sha256').update(bits).digest().subarray(0, 20);
}

/** A distinguished name of one common name; empty for an empty text. */
function distinguishedName(commonName: string): Name {
  if (commonName === '') return new Name([]);
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonNameType, value })]),
  ]);
}

function extension(extnID: string, critical: boolean, value: unknown): Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new Extension({ extnID, critical, extnValue });
}

function subtree(base: Partial<GeneralName>): GeneralSubtree {
  return new GeneralSubtree({ base: new GeneralName(base) });
}

/** The extensions of an authority that may issue for the permitted DNS names and below them only. */
export function authorityExtensions(key: KeyObject, permitted: readonly string[]): Extension[] {
  const flags = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const constraints = new NameConstraints({
    permittedSubtrees: new GeneralSubtrees(permitted.map((dNSName) => subtree({ dNSName }))),
    // A kind of name without any rule would be unrestricted (RFC 5280, 4.2.1.10).
    excludedSubtrees: new GeneralSubtrees([
      subtree({ iPAddress: '0.0.0.0/0' }),
      subtree({ iPAddress: '::/0' }),
    ]),
  });
  return [
    extension(
      id_ce_basicConstraints,
      true,
      new BasicConstraints({ cA: true, pathLenConstraint: 0 }),
    ),
    extension(id_ce_keyUsage, true, new KeyUsage(flags)),
    extension(id_ce_nameConstraints, true, constraints),
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(key))),
  ];
}

/** The extensions of a TLS server's certificate for the given DNS names. */
export function serverExtensions(
  key: KeyObject,
  issuerKey: KeyObject,
  names: readonly string[],
): Extension[] {
  const alternatives = names.map((dNSName) => new GeneralName({ dNSName }));
  const issuer = new AuthorityKeyIdentifier({
    keyIdentifier: new KeyIdentifier(keyIdentifier(issuerKey)),
  });
  return [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)),
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(key))),
    extension(id_ce_authorityKeyIdentifier, false, issuer),
  ];
}

/** What a certificate says; times are cut to whole seconds. */
export interface CertificateContent {
  /** Sixteen bytes; the first is changed so that the number is positive and has full length. */
  serial: Uint8Array;
  subject: string;
  issuer: string;
  notBefore: Date;
  notAfter: Date;
  key: KeyObject;
  extensions: readonly Extension[];
}

/** The certificate, signed with ECDSA and SHA-256, as PEM. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const serial = Uint8Array.from(content.serial);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const wholeSecond = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000);
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: serial.buffer,
    signature: algorithm,
    issuer: distinguishedName(content.issuer),
    validity: new Validity({
      notBefore: wholeSecond(content.notBefore),
      notAfter: wholeSecond(content.notAfter),
    }),
    subject: distinguishedName(content.subject),
    subjectPublicKeyInfo: publicKeyInfo(content.key),
    extensions: new Extensions([...content.extensions]),
  });
  const signature = sign('sha256', new Uint8Array(AsnConvert.serialize(body)), issuerKey);
  const der = AsnConvert.serialize(
    new Certificate({
      tbsCertificate: body,
      signatureAlgorithm: algorithm,
      signatureValue: Uint8Array.from(signature).buffer,
    }),
  );
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
