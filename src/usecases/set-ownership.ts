import type { Engine } from '../docker/engine.ts';
import { JackerError } from '../error.ts';
import type { Identity } from '../io/world.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { Ownership } from '../secrets/groups.ts';
import {
  applyDirectly,
  canApplyDirectly,
  chownContainerCommand,
  ownershipFixes,
} from '../secrets/ownership.ts';
import { taskLabels } from './sweep-tasks.ts';

/**
 * Gives each secret's file the owner, group and mode that it must have: directly where this
 * process may, else by a container without a network that sees those files only.
 *
 * @param access.image gets an image with a POSIX shell
 * @returns how many files changed
 */
export async function setOwnership(
  access: {
    files: FileSystem;
    identity: Identity;
    engine: Engine;
    image: () => Promise<string>;
    project: string;
  },
  folder: string,
  ownership: ReadonlyMap<string, Ownership>,
): Promise<number> {
  const { files, identity, engine, image } = access;
  const fixes = await ownershipFixes(files, folder, ownership);
  const direct = fixes.filter((fix) => canApplyDirectly(identity, fix));
  await applyDirectly(files, direct);
  const rest = fixes.filter((fix) => !direct.includes(fix));
  if (rest.length === 0) return fixes.length;
  const command = chownContainerCommand(rest);
  const result = await engine.runOnce({
    image: await image(),
    argv: command.argv,
    user: command.user,
    networks: command.network,
    capAdd: command.capAdd,
    mounts: command.mounts.map((mount) => ({ type: 'bind', ...mount, readOnly: false })),
    labels: taskLabels(access, 'ownership'),
  });
  const left = await ownershipFixes(files, folder, ownership);
  if (result.exitCode === 0 && left.length === 0) return fixes.length;
  throw new JackerError('permission', {
    what: `${left.length} secret files have the wrong owner, group or mode`,
    where: { file: folder },
    why: result.stderr.trim().split('\n')[0] ?? `the container ended with ${result.exitCode}`,
    hint: 'Run jacker up as root, or see jacker secrets check.',
  });
}
