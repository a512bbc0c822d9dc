const hint = /pass|pwd|secret|token|key|cred|psk/i;
const fileHint = /^file__|_(file|path)$/i;
const ends =
  /(PASSWORD|PASSWORDS|PASSWD|PASSPHRASE|PASSCODE|SECRETS?|TOKENS?|CREDENTIALS?|PSK|APIKEY|AUTHKEY)$/;
/** What stands before `KEY` where the key is to be kept secret: a public one is not. */
const secretKeys = new Set([
  'API',
  'APP',
  'AUTH',
  'COOKIE',
  'ENCRYPT',
  'ENCRYPTION',
  'HMAC',
  'JWT',
  'MASTER',
  'NONCE',
  'PRIVATE',
  'SECRET',
  'SESSION',
  'SHARED',
  'SIGNING',
]);
/** Parts of names that say how something is handled; they hold no credential. */
const aboutIt = new Set([
  'PUBLIC',
  'DISABLE',
  'DISABLED',
  'ENABLE',
  'ENABLED',
  'ALLOW',
  'REQUIRE',
  'REQUIRED',
  'USE',
  'MIN',
  'MAX',
  'LIMIT',
  'LENGTH',
  'RANDOM',
  'NO',
  'WITHOUT',
  'SKIP',
  'PROMPT',
  'NUM',
]);
/** Issued by somebody else: its form is theirs, and a placeholder in its place opens nothing. */
const issued = /(TOKENS?|API_?KEYS?|AUTH_?KEY|CLIENT_SECRET)$/;
const switches =
  /^(true|false|yes|no|on|off|none|null|nil|auto|random|disabled?|enabled?|required?|\d{1,3})$/i;
const references =
  /^(file:|vault:|op:|ref\+|arn:|keyring:|\{\{|\$__file\{|<path|\/(run|var|etc|app|config|data|secrets?|home|opt|usr|srv|mnt|tmp|certs?|keys?)\/)/;
/** Hashes of passwords as crypt(3), Argon2, LDAP and htpasswd write them; nobody signs in with one. */
const hashes =
  /^(\$(1|2[abxy]?|5|6|7|y|apr1|argon2(i|d|id)|pbkdf2[\w-]*|scrypt)\$|\{(SHA|SSHA|CRYPT|ARGON2)\})/i;

/** True for the name of a variable, option or label that holds a credential. */
export function isCredentialName(name: string): boolean {
  // Most names are none: the cheap question first.
  if (!hint.test(name)) return false;
  const upper = name.toUpperCase().replace(/[.-]/g, '_');
  const parts = upper.split('_').filter(Boolean);
  if (parts.some((part) => aboutIt.has(part))) return false;
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (last === 'KEY' || last === 'KEYS') {
    return secretKeys.has(before) || before.endsWith('API') || upper.endsWith('SECRET_ACCESS_KEY');
  }
  if (last === 'BASE') return upper.endsWith('SECRET_KEY_BASE');
  if (last.endsWith('PASS')) return !/^(BYPASS|COMPASS)$/.test(last);
  if (last === 'PWD') return parts.length > 1;
  return ends.test(last) || upper.startsWith('BOUNCER_KEY_');
}

/** True for the name of a variable that holds the path of a file with a credential. */
export function isFileName(name: string): boolean {
  if (!fileHint.test(name)) return false;
  const match = /^(?:FILE__(.+)|(.+?)_{1,2}(?:FILE|PATH))$/i.exec(name);
  return match !== null && isCredentialName(match[1] ?? match[2] ?? '');
}

/** True for a name whose credential is issued by somebody else. */
export function isIssued(name: string): boolean {
  return issued.test(name.toUpperCase().replace(/[.-]/g, '_'));
}

/** True for a value that is no secret itself: empty, a switch, a reference, a hash. */
export function isNoSecret(value: string): boolean {
  const text = value.trim();
  return text === '' || switches.test(text) || references.test(text) || hashes.test(text);
}
