import { createHash } from 'node:crypto';
import { authorityFiles } from './specification.ts';
import type { SecretSpec } from './specification.ts';

/** Group ids above those of users and of the images' own groups, below the dynamic ranges. */
const firstGroup = 40_000;
const groupCount = 20_000;

/** Owner, group and permission bits of a file. */
export interface Ownership {
  uid: number;
  gid: number;
  mode: number;
}

/** The ids that files of the operator, the person who runs Jacker, carry. */
export interface Operator {
  uid: number;
  gid: number;
}

/**
 * A group id for each name, different for each, the same in every run: hashed from project and
 * name, the next free one on a collision, in the names' sorted order. A group id that nothing else
 * uses is what lets exactly the containers in it read a secret.
 */
export function assignGroups(project: string, names: readonly string[]): Map<string, number> {
  const sorted = [...new Set(names)].sort();
  if (sorted.length > groupCount)
    throw new RangeError(`no more than ${groupCount} secrets have a group`);
  const taken = new Set<number>();
  const groups = new Map<string, number>();
  for (const name of sorted) {
    const digest = createHash('sha256').update(`${project}/${name}`).digest('hex');
    let slot = Number(BigInt(`0x${digest}`) % BigInt(groupCount));
    while (taken.has(slot)) slot = (slot + 1) % groupCount;
    taken.add(slot);
    groups.set(name, firstGroup + slot);
  }
  return groups;
}

/**
 * The owner, group and mode that a secret's file must have. Nobody may write it, not even its
 * owner: it is replaced, never changed in place.
 */
export function ownershipOf(spec: SecretSpec, group: number, operator: Operator): Ownership {
  return { uid: spec.fileOwner === 'root' ? 0 : operator.uid, gid: group, mode: 0o440 };
}

/** The local authority's files: the certificate is public, the key is the operator's alone. */
export function authorityOwnership({ uid, gid }: Operator): Map<string, Ownership> {
  return new Map([
    [authorityFiles.certificate, { uid, gid, mode: 0o444 }],
    [authorityFiles.key, { uid, gid, mode: 0o400 }],
  ]);
}
