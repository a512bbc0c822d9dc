import { JackerError } from '../error.ts';
import { appendAudit } from '../state/audit-log.ts';
import { acquireLock } from '../state/lock.ts';
import { attackLabel } from '../verify/attacker.ts';
import type { AppContext } from './app-context.ts';
import { connect } from './connect.ts';
import { observe } from './observe.ts';
import { loadProject } from './project.ts';
import { sweepTasks } from './sweep-tasks.ts';

/** What {@link down} removed, or would remove. */
export interface DownResult {
  project: string;
  containers: readonly string[];
  /** Names of the volumes that were removed; empty unless that was asked for by name. */
  volumes: readonly string[];
}

/**
 * Stops and removes the project's containers and networks. Data stays: volumes go only where
 * `confirm` is the project's name, spelled out by a person.
 */
export async function down(
  context: AppContext,
  options: { volumes: boolean; confirm?: string | undefined },
): Promise<DownResult> {
  const { world, location, root } = context;
  const project = await loadProject(world, root, location);
  const { stack } = project;
  if (options.volumes && options.confirm !== stack.project) {
    throw new JackerError('input-needed', {
      what: `removing the volumes destroys all data of ${stack.project}`,
      why: 'it has to be confirmed with the name of the project',
      hint: `Run jacker down --volumes --confirm ${stack.project}`,
    });
  }
  const lock = await acquireLock(world, location.directory, 'down');
  try {
    const { engine, compose } = await connect(context, stack);
    try {
      const containers = (await observe(engine, stack)).flatMap((state) =>
        state.container === null ? [] : [state.service],
      );
      // What a killed run left may hold a volume.
      await sweepTasks(engine, stack);
      await engine.removeLabelled([`${attackLabel}=${stack.project}`]);
      await compose.down({ removeOrphans: true });
      const volumes = options.volumes
        ? (await engine.listVolumes({ project: stack.project })).map((volume) => volume.name)
        : [];
      for (const volume of volumes) await engine.removeVolume(volume);
      await appendAudit(world, location.directory, {
        action: 'down',
        data: { containers, volumes },
      });
      return { project: stack.project, containers, volumes };
    } finally {
      engine.close();
    }
  } finally {
    await lock.release();
  }
}

/** What {@link down} would remove; nothing is changed. */
export async function describeDown(
  context: AppContext,
  options: { volumes: boolean },
): Promise<DownResult> {
  const { stack } = await loadProject(context.world, context.root, context.location);
  const { engine } = await connect(context, stack);
  try {
    const containers = (await observe(engine, stack)).flatMap((state) =>
      state.container === null ? [] : [state.service],
    );
    const volumes = options.volumes
      ? (await engine.listVolumes({ project: stack.project })).map((volume) => volume.name)
      : [];
    return { project: stack.project, containers, volumes };
  } finally {
    engine.close();
  }
}
