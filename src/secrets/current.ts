import { JackerError } from '../error.ts';
import {
  endsWithin,
  keyBelongsTo,
  leafDays,
  needsRenewal,
  parseCertificate,
} from './certificate.ts';
import { htpasswdHasSalt } from './generate.ts';
import { authorityFiles, type SecretSpec } from './specification.ts';
import type { SecretFiles, SecretStoreWorld } from './store.ts';
import { passwordSalt, storedVersionKey } from './version-key.ts';

/**
 * True where `ensureSecrets` has nothing to do for sure. It is the quick question before the long
 * one, without the code that makes certificates: false only says that the long one has to be asked.
 */
export async function areCurrent(
  secrets: SecretFiles,
  { clock }: Pick<SecretStoreWorld, 'clock'>,
  specs: readonly SecretSpec[],
): Promise<boolean> {
  const now = clock.now();
  const certificates = specs.filter(({ kind }) => kind === 'certificate');
  const authority =
    certificates.length === 0 ? null : await secrets.read(authorityFiles.certificate);
  if (certificates.length > 0) {
    const parsed = authority === null ? null : parseCertificate(authority);
    if (parsed === null || endsWithin(parsed, leafDays, now)) return false;
  }
  const present = new Set(await secrets.list());
  for (const spec of specs) {
    if (spec.rendered) continue;
    if (!present.has(spec.name)) return false;
    if (spec.kind === 'certificate') {
      const pem = (await secrets.read(spec.name)) ?? '';
      const wanted = { now, names: spec.names ?? [], authority: authority ?? '' };
      if (needsRenewal(pem, wanted) !== null) return false;
      const key = specs.find((other) => other.of === spec.name);
      if (!key || !(await belongs(secrets, pem, key.name))) return false;
    }
    if (spec.kind === 'htpasswd' && !(await isFresh(secrets, spec))) return false;
  }
  return true;
}

async function belongs(secrets: SecretFiles, certificate: string, key: string): Promise<boolean> {
  try {
    return keyBelongsTo(certificate, (await secrets.read(key)) ?? '');
  } catch (error) {
    // A key that only its reader may read is left as it is.
    if (error instanceof JackerError && error.code === 'permission') return true;
    throw error;
  }
}

async function isFresh(secrets: SecretFiles, { name, of, user }: SecretSpec): Promise<boolean> {
  const key = await storedVersionKey(secrets);
  const line = await secrets.read(name);
  const password = await secrets.read(of ?? '');
  if (key === null || line === null || password === null) return false;
  return htpasswdHasSalt(line.trimEnd(), user ?? '', passwordSalt(key, user ?? '', password));
}
