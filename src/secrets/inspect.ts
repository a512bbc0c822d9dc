import { keyBelongsTo, needsRenewal, parseCertificate } from './certificate.ts';
import { htpasswdMatches, htpasswdPattern } from './generate.ts';
import { defaultByteLength } from './specification.ts';
import type { SecretSpec } from './specification.ts';

/** Passwords that everybody tries first: defaults of manuals, images and examples. */
const published = new Set(
  [
    'admin administrator changeit changeme change_me change-me default demo docker example grafana',
    'guest jacker letmein master minio minioadmin mysecretpassword password password1 passw0rd',
    'portainer postgres qwerty redis replaceme root secret supersecret test traefik user welcome',
    'your_password yourpassword 123456 12345678 123456789 1234567890',
  ]
    .join(' ')
    .split(' '),
);
/** What a person may choose instead of a generated password; 16 alphanumerics are 95 bits. */
const shortestPassword = 16;
const fewestDistinct = 8;
const lowestBcryptCost = 10;

/** One way in which a secret's content is not fit for use; never shows the content. */
export interface ContentFault {
  kind: 'empty' | 'line-end' | 'published' | 'weak' | 'malformed' | 'outdated' | 'expiry';
  what: string;
  severity: 'error' | 'warning';
}

/** What the content is judged against. */
export interface InspectionContext {
  now: Date;
  /** Another secret's content; `null` where it is missing or unreadable. */
  others: (name: string) => Promise<string | null>;
  /** The local authority's certificate, or `null`. */
  authority: string | null;
}

function fault(
  kind: ContentFault['kind'],
  what: string,
  severity: ContentFault['severity'] = 'error',
): ContentFault {
  return { kind, what, severity };
}

/** True for a published default, also with a few digits or marks behind it (`Admin123!`). */
function isPublished(value: string): boolean {
  const lower = value.toLowerCase();
  return published.has(lower) || published.has(lower.replace(/[0-9!.@#$_-]{1,5}$/, ''));
}

function passwordFaults(value: string): ContentFault[] {
  if (value.length < shortestPassword)
    return [fault('weak', `is shorter than ${shortestPassword} characters`)];
  if (new Set(value).size < fewestDistinct)
    return [fault('weak', `has fewer than ${fewestDistinct} different characters`)];
  return [];
}

/** Faults of a hex or base64 secret: its form, its length, and bytes that are no random ones. */
function encodedFaults(spec: SecretSpec, value: string): ContentFault[] {
  const encoding = spec.kind === 'hex' ? 'hex' : 'base64';
  const pattern = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[A-Za-z0-9+/]*={0,2}$/;
  if (!pattern.test(value)) return [fault('malformed', `is not ${encoding}`)];
  const bytes = Buffer.from(value, encoding);
  const wanted = spec.length ?? defaultByteLength;
  if (bytes.length < wanted) return [fault('weak', `holds fewer than ${wanted} bytes`)];
  if (new Set(bytes).size < Math.min(fewestDistinct, wanted / 2))
    return [fault('weak', 'repeats the same few bytes')];
  return [];
}

async function htpasswdFaults(
  spec: SecretSpec,
  value: string,
  context: InspectionContext,
): Promise<ContentFault[]> {
  const fields = htpasswdPattern.exec(value);
  if (!fields) return [fault('malformed', 'is not one line `user:bcrypt hash`')];
  if (Number(fields[3]) < lowestBcryptCost)
    return [fault('weak', `has a bcrypt cost below ${lowestBcryptCost}`)];
  const password = spec.of === undefined ? null : await context.others(spec.of);
  if (password !== null && !(await htpasswdMatches(value, spec.user ?? '', password)))
    return [fault('outdated', `is not for the user and password of ${spec.of ?? ''}`)];
  return [];
}

function certificateFaults(
  spec: SecretSpec,
  value: string,
  context: InspectionContext,
): ContentFault[] {
  const certificate = parseCertificate(value);
  if (!certificate) return [fault('malformed', 'is not a PEM certificate')];
  const end = certificate.validToDate;
  if (end <= context.now) return [fault('expiry', `expired on ${end.toISOString()}`)];
  if (context.authority === null) return [];
  const { now, authority } = context;
  const reason = needsRenewal(value, { now, authority, names: spec.names ?? [] });
  if (reason === 'ageing')
    return [fault('expiry', `is due for renewal; it ends on ${end.toISOString()}`, 'warning')];
  if (reason === 'names') return [fault('outdated', 'is for other names')];
  return reason === null ? [] : [fault('outdated', 'was not issued by the local authority')];
}

async function keyFaults(
  spec: SecretSpec,
  value: string,
  context: InspectionContext,
): Promise<ContentFault[]> {
  const certificate = spec.of === undefined ? null : await context.others(spec.of);
  if (!/^-----BEGIN (EC )?PRIVATE KEY-----\n/.test(value))
    return [fault('malformed', 'is not a PEM private key')];
  if (certificate === null || keyBelongsTo(certificate, value)) return [];
  return [fault('outdated', `does not belong to ${spec.of ?? ''}`)];
}

/**
 * What is wrong with the form of a secret that is one text: passwords, random bytes, what a person
 * was given. Its readers take the file as it is, so an empty file and a line end are faults of
 * their own; a PEM file, as a person may be given one, has lines.
 */
export function formFaults(spec: SecretSpec, content: string): ContentFault[] {
  if (content.trim() === '') return [fault('empty', 'is empty')];
  if (spec.kind === 'given' && content.startsWith('-----BEGIN ')) return [];
  const lineEnd = /[\r\n]+$/.test(content)
    ? [fault('line-end', 'ends with a line end, which would be taken as part of the secret')]
    : [];
  const value = content.replace(/[\r\n]+$/, '');
  if (/\p{Cc}/u.test(value)) {
    return [...lineEnd, fault('malformed', 'has several lines, or a control character')];
  }
  if (isPublished(value)) return [...lineEnd, fault('published', 'is a published default')];
  switch (spec.kind) {
    case 'password':
      return [...lineEnd, ...passwordFaults(value)];
    case 'hex':
    case 'base64':
      return [...lineEnd, ...encodedFaults(spec, value)];
    case 'cookie':
      return /^[\x21-\x7e]{32}$/.test(value)
        ? [...lineEnd, ...passwordFaults(value)]
        : [...lineEnd, fault('malformed', 'is not exactly 32 printable ASCII characters')];
    case 'given':
    case 'htpasswd':
    case 'certificate':
    case 'certificate-key':
      return lineEnd;
  }
}

/** What is wrong with the content of a secret's file, in itself and beside the others. */
export async function inspectContent(
  spec: SecretSpec,
  content: string,
  context: InspectionContext,
): Promise<ContentFault[]> {
  if (content.trim() === '') return [fault('empty', 'is empty')];
  if (spec.rendered) return [];
  if (spec.kind === 'certificate') return certificateFaults(spec, content, context);
  if (spec.kind === 'certificate-key') return keyFaults(spec, content, context);
  const faults = formFaults(spec, content);
  if (spec.kind !== 'htpasswd') return faults;
  const value = content.replace(/[\r\n]+$/, '');
  return [...faults, ...(await htpasswdFaults(spec, value, context))];
}
