import { join } from 'node:path';
import { JackerError, type Problem } from '../error.ts';
import { mergeOverride, type ServiceOverride } from '../harden/override.ts';
import type { OverridableService } from '../harden/override-file.ts';
import { readProjectFile, type ProjectFiles } from '../io/project-file.ts';
import { ownServicesFolder } from './own-services.ts';
import type { Project } from './project.ts';

/**
 * What the files under `overrides/` say about each service, later files winning. Throws
 * `override-invalid` with each place that is not open, is not known, or is not plain YAML: what
 * Compose might read in another way than Jacker is refused.
 */
export async function readOverrides(
  files: ProjectFiles,
  project: Pick<Project, 'directory' | 'overrides' | 'stack'>,
): Promise<Map<string, ServiceOverride>> {
  if (project.overrides.length === 0) return new Map();
  const { parseOverride } = await import('../harden/override-file.ts');
  const services = new Map(
    project.stack.services.map(({ name, definition }): [string, OverridableService] => [
      name,
      {
        fragment: definition.fragment,
        own: definition.file.startsWith(`${ownServicesFolder}/`),
      },
    ]),
  );
  const problems: Problem[] = [];
  const merged = new Map<string, ServiceOverride>();
  for (const file of project.overrides) {
    const path = join(project.directory, file);
    const text = (await readProjectFile(files, path, file, 'override-invalid')) ?? '';
    const parsed = parseOverride(file, text, services);
    problems.push(...parsed.problems);
    for (const [name, override] of parsed.services) {
      merged.set(name, mergeOverride(merged.get(name) ?? {}, override));
    }
  }
  if (problems.length > 0) throw new JackerError('override-invalid', problems);
  return merged;
}
