import { createHost } from '../docker/host.ts';
import { JackerError } from '../error.ts';
import type { AppContext } from './app-context.ts';
import { connect } from './connect.ts';
import { doctor, type Check } from './doctor.ts';
import { loadProject, type Project } from './project.ts';

const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Examines the host for the project here or, where there is none, for any. */
export async function examine(context: AppContext): Promise<Check[]> {
  const { world, location, root } = context;
  let project: Project | null = null;
  try {
    project = await loadProject(world, root, location);
  } catch (error) {
    if (!(error instanceof JackerError) || error.code !== 'project-missing') throw error;
  }
  const connection = () => connect(context, project?.stack ?? { project: 'jacker' });
  return doctor({
    world,
    host: createHost(),
    projectDir: location.directory,
    openEngine: async () => {
      const { endpoint, engine } = await connection();
      return { endpoint, engine };
    },
    composeVersion: async () => {
      const { compose, engine } = await connection();
      engine.close();
      return compose.version();
    },
    ...(project
      ? {
          settings: project.settings,
          networksNeeded: project.stack.networks.length,
          memoryNeeded: project.stack.services.reduce(
            (sum, service) => sum + bytes(service.definition.manifest.resources.memory),
            0,
          ),
        }
      : {}),
  });
}

function bytes(size: string): number {
  return Number(size.slice(0, -1)) * (units[size.slice(-1)] ?? 1);
}
