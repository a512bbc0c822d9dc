import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { JackerError } from '../error.ts';

const keyLength = 32;
const format =
  /^SCRAM-SHA-256\$([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
/**
 * What SASLprep prohibits, or deletes before hashing: control, format, private, surrogate and
 * unassigned characters, every space but the ASCII one, and the characters of RFC 3454 table B.1
 * that are in none of these classes.
 */
const unprintable = /[\p{C}\u034f\u1806\u180b-\u180d\ufe00-\ufe0f]|(?! )\p{Z}/u;

/**
 * The password as SCRAM hashes it: SASLprep (RFC 4013) for what people really use. It is normalised
 * with NFKC; characters that SASLprep would delete or prohibit are refused instead, because servers
 * and clients differ in what they then do. Its rule on mixed text directions is not applied.
 * Throws `secret-invalid`.
 */
export function preparePassword(password: string): string {
  const prepared = password.normalize('NFKC');
  if (prepared === '' || unprintable.test(prepared))
    throw new JackerError('secret-invalid', {
      what:
        prepared === ''
          ? 'a database password is empty'
          : 'a database password holds a character that cannot be printed',
      why: 'clients and servers disagree on how such a password is hashed',
      hint: 'Use letters, digits and punctuation, without a line end.',
    });
  return prepared;
}

function keysOf(
  password: string,
  salt: Uint8Array,
  iterations: number,
): { stored: Buffer; server: Buffer } {
  const salted = pbkdf2Sync(preparePassword(password), salt, iterations, keyLength, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  return {
    stored: createHash('sha256').update(hmac('Client Key')).digest(),
    server: hmac('Server Key'),
  };
}

/**
 * The verifier that PostgreSQL keeps in `pg_authid.rolpassword` (RFC 5803's fields in PostgreSQL's
 * own notation): `ALTER ROLE ... PASSWORD` with it never shows the server the password.
 * Throws `secret-invalid` for a password that cannot be prepared.
 */
export function scramVerifier(password: string, salt: Uint8Array, iterations = 4096): string {
  const { stored, server } = keysOf(password, salt, iterations);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(stored)}:${base64(server)}`;
}

/**
 * True where the verifier was made from this password; compared in constant time. False for text
 * that is no SCRAM-SHA-256 verifier and for a password that no verifier can be made from.
 */
export function matchesVerifier(verifier: string, password: string): boolean {
  const fields = format.exec(verifier);
  if (!fields) return false;
  const [, iterations = '', salt = '', stored = '', server = ''] = fields;
  let keys;
  try {
    keys = keysOf(password, Buffer.from(salt, 'base64'), Number(iterations));
  } catch (error) {
    if (error instanceof JackerError) return false;
    throw error;
  }
  const same = [
    timingSafeEqual(keys.stored, Buffer.from(stored, 'base64')),
    timingSafeEqual(keys.server, Buffer.from(server, 'base64')),
  ];
  return !same.includes(false);
}
