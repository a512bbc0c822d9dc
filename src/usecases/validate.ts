import type { Problem } from '../error.ts';
import type { AppContext } from './app-context.ts';
import { prepareProject } from './prepare.ts';
import { requireFloor } from './static-floor.ts';

/** What a valid project is. */
export interface Validation {
  envPath: string;
  services: readonly string[];
  /** What fails below the floor. */
  notes: readonly Problem[];
}

/**
 * Checks everything that files can show: settings, services, overrides, templates, the published
 * JSON Schemas, and the static check of every control. Writes nothing, and asks no engine. Throws what `up` would refuse with.
 */
export async function validateProject(context: AppContext): Promise<Validation> {
  const prepared = await prepareProject(context);
  // Late: the validator is larger than all that most commands load.
  const { requirePublishedSchemas } = await import('./published-schemas.ts');
  await requirePublishedSchemas(context.world, context.root, prepared.project);
  const notes = await requireFloor(context, prepared);
  const { envPath, stack } = prepared.project;
  return { envPath, services: stack.services.map(({ name }) => name), notes };
}
