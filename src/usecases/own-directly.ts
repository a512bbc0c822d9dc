import {
  applyDirectly,
  canApplyDirectly,
  operatorOf,
  ownershipFixes,
  wantedOwnership,
} from '../secrets/ownership.ts';
import { projectLayout } from '../state/layout.ts';
import type { AppContext } from './app-context.ts';
import { secretSpecs } from './prepare.ts';
import type { Project } from './project.ts';

/**
 * Gives each secret's file the owner, group and mode that it must have, as far as this process may:
 * what ends a command that writes secrets and asks no engine. The rest `up` has set by a container.
 */
export async function ownDirectly(
  { world }: Pick<AppContext, 'world'>,
  { directory, stack }: Pick<Project, 'directory' | 'stack'>,
): Promise<void> {
  const { secrets: folder } = projectLayout(directory);
  const wanted = wantedOwnership(
    stack.project,
    secretSpecs(stack),
    await operatorOf(world.files, folder, world.identity),
  );
  const fixes = await ownershipFixes(world.files, folder, wanted);
  await applyDirectly(
    world.files,
    fixes.filter((fix) => canApplyDirectly(world.identity, fix)),
  );
}
