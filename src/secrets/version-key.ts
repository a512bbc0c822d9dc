import { createHmac } from 'node:crypto';
import { JackerError } from '../error.ts';
import type { Randomness } from '../io/world.ts';
import type { SecretFiles } from './store.ts';

/** The file in `secrets/` that holds the project's version key. */
export const versionKeyFile = '.version-key';
const versionKeyBytes = 32;
/** bcrypt takes salts of this many bytes. */
const saltBytes = 16;

/** The version key where it has been made; writes nothing. */
export async function storedVersionKey(secrets: SecretFiles): Promise<Uint8Array | null> {
  const stored = await secrets.read(versionKeyFile);
  if (stored === null) return null;
  const key = Buffer.from(stored, 'hex');
  if (key.length === versionKeyBytes) return key;
  throw new JackerError('secret-invalid', {
    what: `the version key is not ${versionKeyBytes} bytes in hex`,
    where: { file: `secrets/${versionKeyFile}` },
    hint: 'Remove the file to have one made; every service that reads a secret is then recreated once.',
  });
}

/** The version key; made at the first call. */
export async function versionKey(secrets: SecretFiles, random: Randomness): Promise<Uint8Array> {
  const stored = await storedVersionKey(secrets);
  if (stored !== null) return stored;
  const key = random.bytes(versionKeyBytes);
  await secrets.write(versionKeyFile, Buffer.from(key).toString('hex'));
  return key;
}

/**
 * The bcrypt salt of an htpasswd line. To whoever lacks the key it is as good as a random one; to
 * Jacker it tells in no time that the line was made from this password, where bcrypt itself takes
 * a third of a second for each line and each `up`.
 */
export function passwordSalt(key: Uint8Array, user: string, password: string): Uint8Array {
  const hmac = createHmac('sha256', key).update(`htpasswd\0${user}\0${password}`);
  return hmac.digest().subarray(0, saltBytes);
}
