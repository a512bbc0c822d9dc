import { hasVariable } from '../compose/service-check.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { StaticModel, StaticResult, Status } from '../control.ts';
import { isCredentialName, isFileName, isIssued, isNoSecret } from './credential-names.ts';
import { isKnownPassword } from './known-passwords.ts';
import { isWeak, isWrongCookieSecret } from './secret-strength.ts';

/**
 * What a credential in the environment is. Each belongs to one kind, so that one line of a file
 * is one control's matter: a known password, whatever else it is; then one in an address; a weak
 * one; one that is written in the file; one that comes from outside of it (`.env`, `env_file`, the
 * shell); one in a variable without a value; the path of a file.
 */
export type CredentialKind = 'known' | 'address' | 'weak' | 'written' | 'outside' | 'open' | 'file';

/** One variable of a service that holds a credential. */
export interface EnvironmentCredential {
  key: string;
  kind: CredentialKind;
  /** True where the value comes from a file that `env_file` names. */
  fromEnvFile: boolean;
}

const cache = new WeakMap<StaticModel, ReadonlyMap<string, readonly EnvironmentCredential[]>>();
const userNames = /(USER|USERNAME|LOGIN|ACCESS_KEY)$/i;

/** The credentials in the environment of each service, by service. */
export function environmentCredentials(
  model: StaticModel,
): ReadonlyMap<string, readonly EnvironmentCredential[]> {
  const known = cache.get(model);
  if (known) return known;
  const found = new Map(
    viewOf(model).services.map((view) => [view.name, credentialsOf(model, view)] as const),
  );
  cache.set(model, found);
  return found;
}

function credentialsOf(model: StaticModel, view: ServiceView): EnvironmentCredential[] {
  const found: EnvironmentCredential[] = [];
  let names: Set<string> | undefined;
  for (const [key, value] of view.environment) {
    if (value === '') continue;
    if (isFileName(key)) {
      found.push({ key, kind: 'file', fromEnvFile: false });
      continue;
    }
    const password = passwordInAddress(value);
    if (password === null && !isCredentialName(key)) continue;
    const origin = model.origin?.(['services', view.name, 'environment', key]);
    const fromEnvFile = origin?.fromEnvFile ?? false;
    const text = password ?? value;
    // Names in Compose's own notation only: `$$` of the file is a plain dollar here.
    const open = hasVariable(text) || (view.isOpen('environment') && /\$[A-Za-z_{]/.test(text));
    names ??= namesBeside(view);
    const kind = open
      ? 'open'
      : kindOf(view, key, text, password !== null, names, {
          fromEnvFile,
          written: origin?.written ?? value,
        });
    if (kind !== null) found.push({ key, kind, fromEnvFile });
  }
  return found;
}

function kindOf(
  view: ServiceView,
  key: string,
  text: string,
  inAddress: boolean,
  names: ReadonlySet<string>,
  origin: { fromEnvFile: boolean; written: string },
): CredentialKind | null {
  const wrong =
    view.program === 'oauth2-proxy' &&
    key === 'OAUTH2_PROXY_COOKIE_SECRET' &&
    isWrongCookieSecret(text);
  if (isKnownPassword(text, names)) return !inAddress && isIssued(key) ? null : 'known';
  if (isNoSecret(text)) return /^\//.test(text) ? 'file' : null;
  const outside = origin.fromEnvFile || takesVariable(origin.written, text);
  if (inAddress) return outside ? 'outside' : 'address';
  if (wrong || (!isIssued(key) && isWeak(text))) return 'weak';
  return outside ? 'outside' : 'written';
}

/** True where the secret itself came out of a variable, and not out of a variable's default. */
function takesVariable(written: string, secret: string): boolean {
  if (!written.replaceAll('$$', '').includes('$')) return false;
  return !written.replaceAll('$$', () => '$').includes(secret);
}

/** The password of `scheme://user:password@host`, or of `Password=…;`; null where there is none. */
export function passwordInAddress(value: string): string | null {
  if (value.includes('://')) {
    // Up to the last @ before the path: a password may hold one.
    const match = /:\/\/[^/\s:@?#]{0,200}:([^/\s?#]{1,500})@/.exec(value);
    const password = match?.[1];
    if (password !== undefined) return password;
  }
  if (!value.includes(';')) return null;
  const pair = /(?:^|;)\s*(?:password|pwd)\s*=\s*([^;]{1,500})/i.exec(value);
  return pair?.[1]?.trim() ?? null;
}

/** What a guesser tries first: the names of the user, the image and the service. */
function namesBeside(view: ServiceView): Set<string> {
  const names = new Set<string>();
  for (const [key, value] of view.environment) if (userNames.test(key)) names.add(value);
  names.add(view.image.path.split('/').at(-1) ?? '');
  return new Set([...names].filter((name) => name.length > 1).map((name) => name.toLowerCase()));
}

/**
 * The results of a control that forbids some kinds: one for each variable that is of them, or one
 * for the service. A service without any credential is not the control's matter.
 */
export function judgeEnvironment(
  model: StaticModel,
  expected: string,
  statusOf: (credential: EnvironmentCredential, view: ServiceView) => Status,
): StaticResult[] {
  const { byName } = viewOf(model);
  const results: StaticResult[] = [];
  for (const [subject, credentials] of environmentCredentials(model)) {
    const view = byName.get(subject);
    if (!view) continue;
    let best: Status = 'not-applicable';
    let told = false;
    for (const credential of credentials) {
      const status = statusOf(credential, view);
      if (status === 'pass') best = 'pass';
      if (status !== 'fail' && status !== 'unknown') continue;
      told = true;
      results.push({
        subject,
        status,
        expected,
        seen: status === 'fail' ? credential.key : `a variable in ${credential.key}`,
        location: ['services', subject, 'environment', credential.key],
      });
    }
    if (!told) {
      results.push({
        subject,
        status: best,
        expected,
        seen: best === 'pass' ? 'so' : 'no credential',
        location: ['services', subject, 'environment'],
      });
    }
  }
  return results;
}
