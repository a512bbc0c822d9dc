import { posix } from 'node:path';
import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import type { FileFacts } from '../io/file-system.ts';
import { authorityNeedsRenewal } from './authority.ts';
import { keyBelongsTo, parseCertificate } from './certificate.ts';
import type { Ownership } from './groups.ts';
import { inspectContent } from './inspect.ts';
import type { ContentFault, InspectionContext } from './inspect.ts';
import { operatorOf, wantedOwnership } from './ownership.ts';
import { authorityFiles } from './specification.ts';
import type { SecretSpec } from './specification.ts';
import type { SecretFiles, SecretProject, SecretStoreWorld } from './store.ts';
import { trimmingHint, writingHint } from './writing-hint.ts';

/** One thing that is wrong with the secrets of a project. */
export interface SecretProblem extends Problem {
  /** File name of the secret; absent where the folder itself is meant. */
  secret?: string;
  kind:
    ContentFault['kind'] | 'missing' | 'not-a-file' | 'unreadable' | 'mode' | 'ownership' | 'extra';
  severity: 'error' | 'warning' | 'info';
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

function missing(spec: SecretSpec, path: string): SecretProblem {
  return {
    secret: spec.name,
    kind: 'missing',
    severity: 'error',
    what: `${spec.name} is missing`,
    where: { file: `secrets/${spec.name}` },
    why: spec.help,
    hint: spec.rendered
      ? 'Run `jacker up`; it is rendered from other secrets.'
      : spec.kind === 'given'
        ? writingHint(spec, path)
        : 'Run `jacker secrets generate`.',
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function accessProblems(name: string, facts: FileFacts, wanted: Ownership): SecretProblem[] {
  const where = { file: `secrets/${name}` };
  const hint = 'Run `jacker up`; it sets owner, group and mode.';
  const problems: SecretProblem[] = [];
  if (facts.mode !== wanted.mode)
    problems.push({
      secret: name,
      kind: 'mode',
      severity: 'error',
      what: `${name} has mode ${octal(facts.mode)} instead of ${octal(wanted.mode)}`,
      where,
      hint,
    });
  if (facts.uid !== wanted.uid || facts.gid !== wanted.gid)
    problems.push({
      secret: name,
      kind: 'ownership',
      severity: 'error',
      what: `${name} belongs to ${facts.uid}:${facts.gid} instead of ${wanted.uid}:${wanted.gid}`,
      where,
      hint,
    });
  return problems;
}

/** A content fault as a problem, with what to do about it. */
export function contentProblem(spec: SecretSpec, fault: ContentFault, path: string): SecretProblem {
  const isDerived = ['htpasswd', 'certificate', 'certificate-key'].includes(spec.kind);
  let hint = `Run \`jacker secrets generate --force ${spec.name}\`.`;
  if (spec.rendered) hint = 'Run `jacker up`; it is rendered again.';
  else if (fault.kind === 'line-end') hint = trimmingHint(path);
  else if (spec.kind === 'given') hint = writingHint(spec, path);
  else if (isDerived && fault.kind !== 'weak') hint = 'Run `jacker secrets generate`.';
  return {
    secret: spec.name,
    kind: fault.kind,
    severity: fault.severity,
    what: `${spec.name} ${fault.what}`,
    where: { file: `secrets/${spec.name}` },
    hint,
  };
}

async function folderProblems(
  secrets: SecretFiles,
  { files, identity }: Pick<SecretStoreWorld, 'files' | 'identity'>,
): Promise<SecretProblem[]> {
  const facts = await files.facts(secrets.folder);
  if (!facts) return [];
  const common = { severity: 'error', where: { file: 'secrets' } } as const;
  if (facts.kind !== 'directory')
    return [{ ...common, kind: 'not-a-file', what: 'the secrets folder is not a folder' }];
  const problems: SecretProblem[] = [];
  if (facts.mode !== 0o700)
    problems.push({
      ...common,
      kind: 'mode',
      what: `the secrets folder has mode ${octal(facts.mode)} instead of 0700`,
      hint: `chmod 700 ${quoted(secrets.folder)}`,
    });
  if (facts.uid !== identity.uid && identity.uid !== 0)
    problems.push({
      ...common,
      kind: 'ownership',
      what: `the secrets folder belongs to user ${facts.uid}, not to you`,
      hint: 'Run the command as its owner, or as root.',
    });
  return problems;
}

/** The content, or the problem that keeps it from being read. */
async function readForCheck(
  secrets: SecretFiles,
  name: string,
): Promise<{ content: string | null; problems: SecretProblem[] }> {
  try {
    return { content: await secrets.read(name), problems: [] };
  } catch (error) {
    if (!(error instanceof JackerError)) throw error;
    const kind = error.code === 'permission' ? 'unreadable' : 'not-a-file';
    const severity = kind === 'unreadable' ? 'warning' : 'error';
    return {
      content: null,
      problems: error.problems.map((problem) => ({ ...problem, secret: name, kind, severity })),
    };
  }
}

async function authorityProblems(
  secrets: SecretFiles,
  names: readonly string[],
  now: Date,
): Promise<SecretProblem[]> {
  const file = authorityFiles.certificate;
  const { content: certificate, problems } = await readForCheck(secrets, file);
  const { content: key, problems: keyProblems } = await readForCheck(secrets, authorityFiles.key);
  const report = (kind: SecretProblem['kind'], what: string, hint: string): void => {
    problems.push({
      secret: file,
      kind,
      severity: 'error',
      what,
      where: { file: `secrets/${file}` },
      hint,
    });
  };
  const generate = 'Run `jacker secrets generate`.';
  if (certificate === null) {
    if (problems.length === 0)
      report('missing', "the local authority's certificate is missing", generate);
  } else {
    const reason = authorityNeedsRenewal(certificate, { now, names });
    const end = parseCertificate(certificate)?.validToDate.toISOString() ?? '';
    if (reason === 'unreadable')
      report(
        'malformed',
        `${file} is not a PEM certificate`,
        'Remove the file and generate again.',
      );
    if (reason === 'names') report('outdated', 'the local authority is for other names', generate);
    if (reason === 'ageing') report('expiry', `the local authority ends on ${end}`, generate);
    if (key !== null && reason !== 'unreadable' && !keyBelongsTo(certificate, key))
      report(
        'outdated',
        `${authorityFiles.key} does not belong to ${file}`,
        'Put the right key back.',
      );
  }
  return [...problems, ...keyProblems];
}

/**
 * Everything that is wrong with the secrets, the folder first and then by name: what is missing,
 * unfit content, wrong owner, group or mode, certificates at their end; files that no
 * specification knows, as information. Only reads.
 */
export async function checkSecrets(
  secrets: SecretFiles,
  world: Pick<SecretStoreWorld, 'files' | 'identity' | 'clock'>,
  project: SecretProject,
  specs: readonly SecretSpec[],
): Promise<SecretProblem[]> {
  const now = world.clock.now();
  const folder = await folderProblems(secrets, world);
  if (folder.some(({ kind }) => kind === 'not-a-file')) return folder;
  const operator = await operatorOf(world.files, secrets.folder, world.identity);
  const wanted = wantedOwnership(project.name, specs, operator);
  const certificates = specs.filter((spec) => spec.kind === 'certificate' && !spec.rendered);
  const names = certificates.flatMap((spec) => spec.names ?? []);
  const readOther = async (name: string): Promise<string | null> =>
    (await readForCheck(secrets, name)).content;
  const context: InspectionContext = {
    now,
    others: readOther,
    authority: await readOther(authorityFiles.certificate),
  };

  const problems: SecretProblem[] =
    certificates.length > 0 ? await authorityProblems(secrets, names, now) : [];
  for (const spec of specs) {
    const { content, problems: unread } = await readForCheck(secrets, spec.name);
    problems.push(...unread);
    const path = posix.join(secrets.folder, spec.name);
    if (content === null) {
      if (unread.length === 0) problems.push(missing(spec, path));
      continue;
    }
    for (const fault of await inspectContent(spec, content, context))
      problems.push(contentProblem(spec, fault, path));
  }
  for (const [name, ownership] of wanted) {
    const found = await world.files.facts(posix.join(secrets.folder, name));
    if (found?.kind === 'file') problems.push(...accessProblems(name, found, ownership));
  }
  for (const name of await secrets.list()) {
    if (!wanted.has(name))
      problems.push({
        secret: name,
        kind: 'extra',
        severity: 'info',
        what: `no enabled service uses ${name}`,
        where: { file: `secrets/${name}` },
        hint: 'Remove the file if it is not needed any more.',
      });
  }
  const key = (problem: SecretProblem): string => problem.secret ?? '';
  return [...folder, ...problems.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))];
}
