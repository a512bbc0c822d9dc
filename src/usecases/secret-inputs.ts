import type { FileTree, TreeFile } from '../io/tree.ts';
import type { SecretSpec } from '../secrets/specification.ts';
import type { SecretFiles } from '../secrets/store.ts';

/** A certificate is in nothing that is rendered, and has to fit the authority of now. */
const kept: ReadonlySet<SecretSpec['kind']> = new Set([
  'password',
  'hex',
  'base64',
  'cookie',
  'given',
  'htpasswd',
]);
/** What the store itself writes them with. */
const mode = 0o440;

/**
 * The secrets that rendered files with secrets inside were made from. A generation keeps them: the
 * rules of Redis hold the hash of a password, and the service that signs in with it its file.
 */
export async function secretInputs(
  secrets: Pick<SecretFiles, 'read'>,
  specs: readonly SecretSpec[],
): Promise<FileTree> {
  const entries = await Promise.all(
    specs
      .filter((spec) => !spec.rendered && kept.has(spec.kind))
      .map(async ({ name }): Promise<[string, TreeFile][]> => {
        const content = await secrets.read(name);
        return content === null ? [] : [[`secrets/${name}`, { content, mode }]];
      }),
  );
  return new Map(entries.flat());
}

/**
 * Brings back the secrets of a generation where they are others now; answers the names of those.
 * Owner and group are set separately.
 */
export async function restoreInputs(
  secrets: Pick<SecretFiles, 'read' | 'write'>,
  inputs: FileTree,
): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, { content }] of inputs) {
    const name = path.slice('secrets/'.length);
    if ((await secrets.read(name)) === content) continue;
    await secrets.write(name, content);
    changed.push(name);
  }
  return changed;
}
