import { JackerError } from '../error.ts';
import { authorityNeedsRenewal, createAuthority, issueCertificate } from './authority.ts';
import type { KeyPair } from './authority.ts';
import { keyBelongsTo, needsRenewal } from './certificate.ts';
import { generateSecret, htpasswdHasSalt, htpasswdMatches } from './generate.ts';
import { orderSpecs } from './order.ts';
import { authorityFiles } from './specification.ts';
import type { SecretSpec } from './specification.ts';
import type { SecretFiles, SecretProject, SecretStoreWorld } from './store.ts';
import { passwordSalt, storedVersionKey, versionKey } from './version-key.ts';

/** What `ensure` did, by file name, each list sorted. */
export interface EnsureReport {
  created: string[];
  renewed: string[];
  kept: string[];
  /** `given` secrets that nobody has given yet, and what is derived from them. */
  missing: string[];
}

type Outcome = keyof EnsureReport;
type Sources = Pick<SecretStoreWorld, 'random' | 'clock'>;

function requireForcible(force: string | undefined, specs: readonly SecretSpec[]): void {
  if (force === undefined || force === authorityFiles.certificate) return;
  const spec = specs.find(({ name }) => name === force);
  if (spec && !spec.rendered && spec.kind !== 'given') return;
  throw new JackerError('usage', {
    what: spec ? `${force} cannot be generated` : `there is no secret named ${force}`,
    ...(spec
      ? { why: spec.rendered ? 'it is rendered from other secrets' : 'it comes from you' }
      : { hint: 'See `jacker secrets list`.' }),
  });
}

/** The authority's two files, made or renewed where certificates need it. */
async function ensureAuthority(
  secrets: SecretFiles,
  sources: Sources,
  project: SecretProject,
  names: readonly string[],
  force: boolean,
): Promise<{ certificate: string; outcomes: Map<string, Outcome> }> {
  const now = sources.clock.now();
  const certificate = await secrets.read(authorityFiles.certificate);
  const key = await secrets.read(authorityFiles.key);
  const reason = certificate === null ? null : authorityNeedsRenewal(certificate, { now, names });
  if (certificate !== null && reason === null && !force) {
    const outcomes = new Map<string, Outcome>([[authorityFiles.certificate, 'kept']]);
    if (key !== null) outcomes.set(authorityFiles.key, 'kept');
    return { certificate, outcomes };
  }
  if (certificate !== null && key === null && !force)
    throw keyNeeded(
      'the local authority has to be made again',
      reason === 'names' ? 'it may not sign for the names in use' : 'it is unreadable or ends soon',
    );
  const permitted = [...project.permittedNames, ...names];
  const keepKey = key !== null && !force;
  const made = createAuthority({
    project: project.name,
    permitted,
    now,
    random: sources.random,
    ...(keepKey ? { key } : {}),
  });
  // The key first: a certificate without its key would look like one whose key is kept elsewhere.
  if (!keepKey) await secrets.write(authorityFiles.key, made.key);
  await secrets.write(authorityFiles.certificate, made.certificate);
  const changed = (before: string | null): Outcome => (before === null ? 'created' : 'renewed');
  return {
    certificate: made.certificate,
    outcomes: new Map([
      [authorityFiles.certificate, changed(certificate)],
      [authorityFiles.key, keepKey ? 'kept' : changed(key)],
    ]),
  };
}

function keyNeeded(what: string, why: string): JackerError {
  return new JackerError('secret-missing', {
    what: `${what}, and the key of the local authority is not here`,
    where: { file: `secrets/${authorityFiles.key}` },
    why,
    hint: `Put ${authorityFiles.key} back for this command, or remove secrets/${authorityFiles.certificate} to make a new authority (browsers then have to trust the new one).`,
  });
}

/** The file's content; `null` where it is missing, `undefined` where only its readers may read it. */
async function readIfAllowed(
  secrets: SecretFiles,
  name: string,
): Promise<string | null | undefined> {
  try {
    return await secrets.read(name);
  } catch (error) {
    if (error instanceof JackerError && error.code === 'permission') return undefined;
    throw error;
  }
}

/** One certificate with its key: kept, or both issued anew. */
async function ensureCertificate(
  secrets: SecretFiles,
  sources: Sources,
  authority: string,
  spec: SecretSpec,
  keySpec: SecretSpec,
  force: boolean,
): Promise<Map<string, Outcome>> {
  const now = sources.clock.now();
  const names = spec.names ?? [];
  const certificate = await secrets.read(spec.name);
  const key = await readIfAllowed(secrets, keySpec.name);
  const usable =
    certificate !== null && key !== null && (key === undefined || keyBelongsTo(certificate, key));
  const reason = usable ? needsRenewal(certificate, { now, names, authority }) : 'missing';
  if (reason === null && !force)
    return new Map([
      [spec.name, 'kept'],
      [keySpec.name, 'kept'],
    ]);
  const authorityKey = await secrets.read(authorityFiles.key);
  if (authorityKey === null)
    throw keyNeeded(`${spec.name} has to be issued`, certificate === null ? 'missing' : 'outdated');
  const issuer: KeyPair = { certificate: authority, key: authorityKey };
  const issued = issueCertificate({ authority: issuer, names, now, random: sources.random });
  // Without its certificate a new key is recognised as unfinished, should this be interrupted.
  await secrets.remove(spec.name);
  await secrets.write(keySpec.name, issued.key);
  await secrets.write(spec.name, issued.certificate);
  return new Map([
    [spec.name, certificate === null ? 'created' : 'renewed'],
    [keySpec.name, key === null ? 'created' : 'renewed'],
  ]);
}

/** One secret that is neither a certificate nor a key. */
async function ensureText(
  secrets: SecretFiles,
  sources: Sources,
  spec: SecretSpec,
  force: boolean,
): Promise<Outcome> {
  const current = await secrets.read(spec.name);
  if (spec.kind === 'given') return current === null ? 'missing' : 'kept';
  if (spec.kind === 'htpasswd') {
    const password = await secrets.read(spec.of ?? '');
    if (password === null) return 'missing';
    if (current !== null && !force && (await isMadeFrom(secrets, spec, current, password)))
      return 'kept';
  } else if (current !== null && !force) return 'kept';
  const { random } = sources;
  await secrets.write(
    spec.name,
    await generateSecret(spec, {
      random,
      others: (name) => secrets.read(name),
      salt: async (user, password) =>
        passwordSalt(await versionKey(secrets, random), user, password),
    }),
  );
  return current === null ? 'created' : 'renewed';
}

/** True where an htpasswd line is for this password: by its salt, or where a person made it by bcrypt. */
async function isMadeFrom(
  secrets: SecretFiles,
  spec: SecretSpec,
  current: string,
  password: string,
): Promise<boolean> {
  const user = spec.user ?? '';
  const line = current.trimEnd();
  const key = await storedVersionKey(secrets);
  if (key !== null && htpasswdHasSalt(line, user, passwordSalt(key, user, password))) return true;
  return htpasswdMatches(line, user, password);
}

/**
 * Makes missing secrets and renews outdated ones, in an order in which what is derived comes after
 * what it is derived from. Every step is complete in itself: after an interruption the next run
 * goes on. Throws `manifest-invalid` for contradictory specifications, `usage` for a `force` that
 * names no secret that can be made, `secret-missing` where the authority's key is needed but absent.
 */
export async function ensureSecrets(
  secrets: SecretFiles,
  sources: Sources,
  project: SecretProject,
  specs: readonly SecretSpec[],
  force?: string,
): Promise<EnsureReport> {
  const ordered = orderSpecs(specs).filter((spec) => !spec.rendered);
  requireForcible(force, specs);
  const outcomes = new Map<string, Outcome>();
  for (const spec of ordered) {
    if (spec.kind === 'certificate' || spec.kind === 'certificate-key') continue;
    outcomes.set(spec.name, await ensureText(secrets, sources, spec, spec.name === force));
  }
  const certificates = ordered.filter((spec) => spec.kind === 'certificate');
  if (certificates.length > 0) {
    const names = certificates.flatMap((spec) => spec.names ?? []);
    const renewAll = force === authorityFiles.certificate;
    const authority = await ensureAuthority(secrets, sources, project, names, renewAll);
    for (const [name, outcome] of authority.outcomes) outcomes.set(name, outcome);
    for (const spec of certificates) {
      const key = ordered.find((other) => other.of === spec.name);
      if (!key) throw new TypeError(`${spec.name} has no key`);
      const forced = force === spec.name || force === key.name;
      const made = await ensureCertificate(
        secrets,
        sources,
        authority.certificate,
        spec,
        key,
        forced,
      );
      for (const [name, outcome] of made) outcomes.set(name, outcome);
    }
  }
  const having = (outcome: Outcome): string[] =>
    [...outcomes].flatMap(([name, had]) => (had === outcome ? [name] : [])).sort();
  return {
    created: having('created'),
    renewed: having('renewed'),
    kept: having('kept'),
    missing: having('missing'),
  };
}
