import { join } from 'node:path';
import type { ServiceDefinition } from '../catalog/service-definition.ts';
import { JackerError } from '../error.ts';
import { readProjectFile, type ProjectFiles } from '../io/project-file.ts';
import type { EntryKind, FileSystem } from '../io/file-system.ts';

/** The folder in a project that holds services of the user's own. */
export const ownServicesFolder = 'services';

type Files = ProjectFiles & Pick<FileSystem, 'list'>;

/**
 * Reads the services in a project folder: NAME.yml (or .yaml) each, and the templates in a folder of
 * that name. Throws `manifest-invalid` for what a service of the package is called already, for two
 * files of one service, and for what is no file or folder.
 *
 * @param taken the names of the package's services
 * @param templates gets the templates, under the names that the package's own have
 */
export async function readOwnServices(
  files: Files,
  directory: string,
  taken: ReadonlySet<string>,
  templates: Map<string, string>,
): Promise<ServiceDefinition[]> {
  const folder = join(directory, ownServicesFolder);
  const found: ServiceDefinition[] = [];
  const packaged = [...templates.keys()];
  for (const entry of await files.list(folder)) {
    // Editors keep notes of their own under such names.
    if (entry.startsWith('.')) continue;
    const path = join(folder, entry);
    const shown = `${ownServicesFolder}/${entry}`;
    const refuse = (what: string, hint: string): JackerError =>
      new JackerError('manifest-invalid', { what, where: { file: shown }, hint });
    if (/\.ya?ml$/.test(entry)) {
      const { parseService } = await import('../catalog/parse-service.ts');
      const text = await readProjectFile(files, path, shown, 'manifest-invalid');
      const definition = parseService(shown, text ?? '');
      if (taken.has(definition.name)) {
        throw refuse(
          `Jacker has a service ${definition.name} of its own`,
          'Give your service another file name.',
        );
      }
      const other = found.find(({ name }) => name === definition.name);
      if (other) {
        throw refuse(`${other.file} is the same service`, 'Keep one of the two files.');
      }
      found.push(definition);
    } else if ((await kindOf(files, path, shown)) === 'directory') {
      if (packaged.some((file) => file.startsWith(`config/${entry}/`))) {
        throw refuse(
          `would replace the templates of Jacker's own service ${entry}`,
          'A folder here holds the templates of a service of your own, and has its name.',
        );
      }
      await readTemplates(files, path, shown, `config/${entry}`, templates);
    }
  }
  return found;
}

async function readTemplates(
  files: Files,
  folder: string,
  shown: string,
  prefix: string,
  into: Map<string, string>,
): Promise<void> {
  for (const entry of await files.list(folder)) {
    const [path, name, key] = [join(folder, entry), `${shown}/${entry}`, `${prefix}/${entry}`];
    if ((await kindOf(files, path, name)) === 'directory') {
      await readTemplates(files, path, name, key, into);
    } else {
      into.set(key, (await readProjectFile(files, path, name, 'manifest-invalid')) ?? '');
    }
  }
}

/** What is on a path. A link to a folder is refused: it could lead in a circle. */
async function kindOf(files: Files, path: string, shown: string): Promise<EntryKind | undefined> {
  const facts = await files.facts(path);
  if (facts?.kind !== 'symlink') return facts?.kind;
  const real = await files.realPath(path);
  const kind = real === null ? undefined : (await files.facts(real))?.kind;
  if (kind !== 'directory') return kind;
  throw new JackerError('manifest-invalid', {
    what: 'is a symbolic link to a folder, which is not followed',
    where: { file: shown },
    hint: 'Put the folder itself there.',
  });
}
