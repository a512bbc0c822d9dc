import { posix } from 'node:path';
import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { Identity } from '../io/world.ts';
import { assignGroups, authorityOwnership, ownershipOf } from './groups.ts';
import type { Operator, Ownership } from './groups.ts';
import type { SecretSpec } from './specification.ts';

/** One file whose owner, group or mode is not what it must be. */
export interface OwnershipFix {
  /** Absolute path of the file. */
  path: string;
  actual: Ownership;
  wanted: Ownership;
}

/** A one-shot container that sets ownership; the caller adds an image with a POSIX `sh`. */
export interface ChownContainer {
  argv: readonly string[];
  /** Bind mounts of single files, writable (a read-only mount refuses chown). */
  mounts: readonly { source: string; target: string }[];
  user: string;
  network: 'none';
  readOnly: true;
  capDrop: readonly string[];
  capAdd: readonly string[];
  securityOpt: readonly string[];
}

/**
 * Whose the secrets are: the owner of the folder, so that root, at work in another person's
 * project, leaves it theirs; before there is a folder, whoever runs Jacker.
 */
export async function operatorOf(
  files: FileSystem,
  folder: string,
  identity: Identity,
): Promise<Operator> {
  const { uid, gid } = (await files.facts(folder)) ?? identity;
  return { uid, gid };
}

/**
 * The ownership that each file in `secrets/` must have, by file name. The groups depend on all
 * names together: pass the same specifications as for rendering.
 */
export function wantedOwnership(
  project: string,
  specs: readonly SecretSpec[],
  operator: Operator,
): Map<string, Ownership> {
  const groups = assignGroups(
    project,
    specs.map((spec) => spec.name),
  );
  const wanted = authorityOwnership(operator);
  for (const spec of specs) {
    const group = groups.get(spec.name);
    if (group !== undefined) wanted.set(spec.name, ownershipOf(spec, group, operator));
  }
  return wanted;
}

/**
 * What differs between the files in the folder and `wanted`, in the order of `wanted`. Missing
 * files are passed over. Throws `secret-invalid` where something is there that is no plain file:
 * ownership set through a symbolic link would change another file.
 */
export async function ownershipFixes(
  files: FileSystem,
  folder: string,
  wanted: ReadonlyMap<string, Ownership>,
): Promise<OwnershipFix[]> {
  const fixes: OwnershipFix[] = [];
  const problems: Problem[] = [];
  for (const [name, want] of wanted) {
    const path = posix.join(folder, name);
    const facts = await files.facts(path);
    if (!facts) continue;
    if (facts.kind !== 'file') {
      problems.push({ what: `a ${facts.kind} is in a secret's place`, where: { file: path } });
      continue;
    }
    const { uid, gid, mode } = facts;
    if (uid !== want.uid || gid !== want.gid || mode !== want.mode)
      fixes.push({ path, actual: { uid, gid, mode }, wanted: want });
  }
  if (problems.length > 0) throw new JackerError('secret-invalid', problems);
  return fixes;
}

/** True where this process may make the change itself; else a container has to. */
export function canApplyDirectly(identity: Identity, fix: OwnershipFix): boolean {
  if (identity.uid === 0) return true;
  const { actual, wanted } = fix;
  const groupAllowed =
    actual.gid === wanted.gid ||
    identity.gid === wanted.gid ||
    identity.groups.includes(wanted.gid);
  return actual.uid === identity.uid && wanted.uid === identity.uid && groupAllowed;
}

/** Makes the changes as this process: owner and group first, since changing them may clear mode bits. */
export async function applyDirectly(
  files: FileSystem,
  fixes: readonly OwnershipFix[],
): Promise<void> {
  for (const { path, actual, wanted } of fixes) {
    if (actual.uid !== wanted.uid || actual.gid !== wanted.gid)
      await files.setOwner(path, wanted.uid, wanted.gid);
    await files.setMode(path, wanted.mode);
  }
}

/**
 * The container that makes the changes for an operator who may not give files to another group
 * but may run containers. Each file is mounted by itself: the folder is closed to everybody but
 * its owner, and the container has no right to pass through it. Of the secrets only their owner,
 * group and mode are touched; the command holds numbers alone.
 */
export function chownContainerCommand(fixes: readonly OwnershipFix[]): ChownContainer {
  const mounts = fixes.map((fix, index) => ({ source: fix.path, target: `/s/${index}` }));
  const script = fixes
    .map(({ wanted }, index) => {
      const mode = wanted.mode.toString(8).padStart(4, '0');
      return `chown ${wanted.uid}:${wanted.gid} /s/${index} && chmod ${mode} /s/${index}`;
    })
    .join(' && ');
  return {
    argv: ['sh', '-c', script === '' ? ':' : script],
    mounts,
    user: '0:0',
    network: 'none',
    readOnly: true,
    capDrop: ['ALL'],
    capAdd: ['CHOWN', 'FOWNER'],
    securityOpt: ['no-new-privileges'],
  };
}
