import { join } from 'node:path';
import type { World } from '../io/world.ts';
import { privateFileMode, privateFolderMode, projectLayout } from '../state/layout.ts';

/**
 * Keeps the schema of service files in the project folder, where a service of one's own can name it
 * in its first line (`# yaml-language-server: $schema=../.jacker/schemas/service.schema.json`): an
 * editor completes and checks it without a network, by the Jacker that last wrote here. The caller
 * holds the lock.
 *
 * @param root the installed package, whose `schemas/` are meant
 */
export async function keepEditorSchema(
  { files }: Pick<World, 'files'>,
  root: string,
  projectDir: string,
): Promise<void> {
  const { schemas, serviceSchema } = projectLayout(projectDir);
  const text = await files.readText(join(root, 'schemas/service.schema.json'));
  if (text === null || text === (await files.readText(serviceSchema))) return;
  await files.makeDirectory(schemas, privateFolderMode);
  await files.write(serviceSchema, text, { mode: privateFileMode });
}
