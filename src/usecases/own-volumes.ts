import { engineName } from '../catalog/engine-name.ts';
import type { StackService } from '../catalog/stack.ts';
import type { Compose } from '../docker/compose.ts';
import type { Engine } from '../docker/engine.ts';
import { JackerError } from '../error.ts';
import { observe } from './observe.ts';
import type { Project } from './project.ts';
import { taskLabels } from './sweep-tasks.ts';

/** A volume and the user that must be able to write to it. */
export interface VolumeOwner {
  volume: string;
  /** `uid:gid`. */
  identity: string;
}

/** The volumes of some services, each once, with the identity of the first that declares it. */
export function volumeOwners(services: readonly StackService[]): VolumeOwner[] {
  const owners = new Map<string, string>();
  for (const { definition } of services) {
    for (const write of definition.manifest.writes) {
      if ('volume' in write && !owners.has(write.volume)) {
        owners.set(write.volume, definition.manifest.identity);
      }
    }
  }
  return [...owners].map(([volume, identity]) => ({ volume, identity }));
}

/** Gives what belongs to root in `/v/N` to the N-th owner; nobody else's files are touched. */
export function ownVolumesScript(owners: readonly VolumeOwner[]): string {
  return owners
    .map(({ identity }, index) => {
      const folder = `/v/${index}`;
      return `if [ "$(stat -c %u ${folder})" = 0 ]; then chown -hR ${identity} ${folder}; fi`;
    })
    .join(' && ');
}

/**
 * Makes the volumes of services that do not run yet, and gives them to their services. The engine
 * makes a volume as root's, or, where it is seeded, with the owners that the files have in the
 * image, and a service without capabilities cannot write to what is root's. Compose creates the
 * containers first: the volumes are then as it makes them, and what seeds them is there.
 *
 * @param access.image gets an image with a POSIX shell
 * @returns how many volumes were looked at
 */
export async function ownVolumes(
  access: { engine: Engine; compose: Compose; image: () => Promise<string> },
  { stack }: Project,
): Promise<number> {
  const { engine, compose, image } = access;
  const running = new Set(
    (await observe(engine, stack))
      .filter(({ state }) => state === 'running')
      .map(({ service }) => service),
  );
  const waiting = stack.services.filter(
    (service) => !running.has(service.name) && volumeOwners([service]).length > 0,
  );
  if (waiting.length === 0) return 0;
  await compose.create(waiting.map((service) => service.name));
  const owners = volumeOwners(waiting);
  const result = await engine.runOnce({
    image: await image(),
    argv: ['sh', '-c', ownVolumesScript(owners)],
    user: '0:0',
    networks: 'none',
    capAdd: ['CHOWN'],
    mounts: owners.map(({ volume }, index) => ({
      type: 'volume',
      source: engineName(stack, volume),
      target: `/v/${index}`,
      readOnly: false,
    })),
    labels: taskLabels(stack, 'ownership'),
  });
  if (result.exitCode === 0) return owners.length;
  throw new JackerError('permission', {
    what: 'The volumes could not be given to their services',
    why: result.stderr.trim().split('\n')[0] ?? `the container ended with ${result.exitCode}`,
    hint: 'Run jacker up again; jacker doctor tells what this engine lacks.',
  });
}
