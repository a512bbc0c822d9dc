import { JackerError } from '../error.ts';
import type { Randomness } from '../io/world.ts';
import { defaultByteLength, defaultPasswordLength } from './specification.ts';
import type { SecretSpec } from './specification.ts';

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** RFC 3986's unreserved characters: safe in URLs, shells, YAML and TOML strings. */
const unreserved = `${lettersAndDigits}-._~`;
const cookieLength = 32;
const base64Alphabet = `${lettersAndDigits}+/`;
const bcryptAlphabet = `./${lettersAndDigits}`;
/** 2^12 rounds: about 0.3 s a guess on one core of today. */
const bcryptCost = 12;
/** bcrypt reads no more than this of a password; the rest would count for nothing. */
const bcryptMaximumBytes = 72;

/** What generation draws on. */
export interface GenerationSources {
  random: Randomness;
  /** The content of another secret, or `null` where it does not exist. */
  others: (name: string) => Promise<string | null>;
  /** The bcrypt salt of a user's password: 16 bytes. */
  salt: (user: string, password: string) => Promise<Uint8Array>;
}

/**
 * `length` characters, each one drawn uniformly from `alphabet` (at most 256 characters): bytes
 * beyond the largest multiple of the alphabet's size are drawn again, so that no character is
 * likelier than another.
 */
export function randomText(random: Randomness, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length - text.length)) {
      if (byte < limit) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

/**
 * 32 characters, at least one of which is outside base64url. oauth2-proxy decodes a cookie secret
 * that happens to be base64url of 16, 24 or 32 bytes (pkg/encryption/utils.go, SecretBytes):
 * 32 such characters would silently become a 24-byte key.
 */
function cookieSecret(random: Randomness): string {
  for (;;) {
    const text = randomText(random, unreserved, cookieLength);
    if (/[.~]/.test(text)) return text;
  }
}

async function htpasswdLine(spec: SecretSpec, sources: GenerationSources): Promise<string> {
  const { of, user } = spec;
  if (of === undefined || user === undefined)
    throw new TypeError(`${spec.name}: an htpasswd needs of and user`);
  const password = await sources.others(of);
  if (password === null)
    throw new JackerError('secret-missing', {
      what: `${spec.name} is made from a secret that does not exist`,
      where: { file: `secrets/${of}` },
    });
  if (Buffer.byteLength(password) > bcryptMaximumBytes)
    throw new JackerError('secret-invalid', {
      what: `the password is longer than ${bcryptMaximumBytes} bytes`,
      where: { file: `secrets/${of}` },
      why: 'bcrypt would ignore the rest of it',
      hint: `Choose a shorter one, or remove the file to have one made.`,
    });
  // `$2y$` is what Apache's htpasswd writes, and every reader of such files knows it.
  const salt = bcryptText(await sources.salt(user, password));
  const { hash } = await import('bcryptjs');
  return `${user}:${await hash(password, `$2y$${bcryptCost}$${salt}`)}`;
}

/**
 * A salt as bcrypt writes it: base64 without padding, and with another order of characters. Whether
 * a line has it is asked at each look at a project, without the library that hashes.
 */
function bcryptText(salt: Uint8Array): string {
  const text = Buffer.from(salt).toString('base64').replace(/=+$/, '');
  return Array.from(text, (one) => bcryptAlphabet.charAt(base64Alphabet.indexOf(one))).join('');
}

/**
 * The content of a new secret, without a trailing newline. Throws `secret-missing` for a `given`
 * one and for an htpasswd without its password, `secret-invalid` for a password that bcrypt cannot
 * take; certificates and rendered files are not made here (TypeError).
 */
export async function generateSecret(
  spec: SecretSpec,
  sources: GenerationSources,
): Promise<string> {
  if (spec.rendered) throw new TypeError(`${spec.name} is rendered, not generated`);
  const bytes = (): Buffer => Buffer.from(sources.random.bytes(spec.length ?? defaultByteLength));
  switch (spec.kind) {
    case 'password':
      return randomText(sources.random, lettersAndDigits, spec.length ?? defaultPasswordLength);
    case 'hex':
      return bytes().toString('hex');
    case 'base64':
      return bytes().toString('base64');
    case 'cookie':
      return cookieSecret(sources.random);
    case 'htpasswd':
      return htpasswdLine(spec, sources);
    case 'given':
      throw new JackerError('secret-missing', {
        what: `${spec.name} comes from you and cannot be generated`,
        where: { file: `secrets/${spec.name}` },
      });
    case 'certificate':
    case 'certificate-key':
      throw new TypeError(`${spec.name}: certificates are issued by the local authority`);
  }
}

/** True where the line was made for this user with this salt: its hash is then not computed anew. */
export function htpasswdHasSalt(line: string, user: string, salt: Uint8Array): boolean {
  return (
    htpasswdPattern.test(line) && line.startsWith(`${user}:$2y$${bcryptCost}$${bcryptText(salt)}`)
  );
}

/** One htpasswd line: user, bcrypt hash, and in the hash its cost. */
export const htpasswdPattern = /^([^:\s]+):(\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53})$/;

/** True where the text is an htpasswd line for this user and this password. */
export async function htpasswdMatches(
  line: string,
  user: string,
  password: string,
): Promise<boolean> {
  const [, name, hashed] = htpasswdPattern.exec(line) ?? [];
  if (hashed === undefined || name !== user) return false;
  const { compare } = await import('bcryptjs');
  return compare(password, hashed);
}
