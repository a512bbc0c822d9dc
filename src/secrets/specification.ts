import type { secretKinds } from '../catalog/manifest.ts';

/** What a secret consists of; `secretKinds` of the manifest explains each. */
export type SecretKind = (typeof secretKinds)[number];

/** One secret file of a project, as the enabled services need it. */
export interface SecretSpec {
  /** File name under `secrets/`. */
  name: string;
  kind: SecretKind;
  /** password: characters; hex and base64: random bytes before encoding. */
  length?: number;
  /** htpasswd: the password secret; certificate-key: its certificate. */
  of?: string;
  /** htpasswd: the name that logs in. */
  user?: string;
  /** certificate: DNS names, with the domain filled in; the first becomes the common name. */
  names?: readonly string[];
  /** A sentence for people: what the secret is for. */
  help: string;
  /** The service that declares it, or `core`. */
  owner: string;
  /** A config file with secrets inside: rendered elsewhere, only kept and protected here. */
  rendered?: boolean;
  /** Who owns the file; the operator where absent. PostgreSQL takes no TLS key of another user. */
  fileOwner?: 'root';
}

/** File names that a secret can have: no path, no hidden file. */
export const secretNamePattern = /^[a-z][A-Za-z0-9._-]{0,150}$/;

/** The local authority's own files in `secrets/`; no secret of a service has such a name. */
export const authorityFiles = { certificate: 'ca.crt', key: 'ca.key' } as const;

/** Characters of a generated password where the specification does not say. */
export const defaultPasswordLength = 24;

/** Random bytes of a `hex` or `base64` secret where the specification does not say. */
export const defaultByteLength = 32;
