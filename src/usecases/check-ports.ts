import type { AppContext } from './app-context.ts';
import type { Project } from './project.ts';
import type { ServiceState } from './observe.ts';

export async function checkPorts(
  context: AppContext,
  project: Project,
  states: readonly ServiceState[],
): Promise<void> {
  void context;
  void project;
  void states;
  return Promise.resolve();
}
