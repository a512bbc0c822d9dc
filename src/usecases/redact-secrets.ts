import type { SecretFiles } from '../secrets/store.ts';
import { authorityFiles, type SecretSpec } from '../secrets/specification.ts';
import { createRedactor } from '../verify/redact.ts';

/**
 * A function that takes the secrets of a project, as they are now, out of what a program wrote: as
 * they stand, in base64 and as a part of an address. A secret that this process may not read cannot
 * be known here.
 */
export async function secretRedactor(
  secrets: Pick<SecretFiles, 'read'>,
  specs: readonly SecretSpec[],
): Promise<(text: string) => string> {
  const redactor = createRedactor();
  const names = specs.filter((spec) => !spec.rendered && spec.kind !== 'certificate');
  for (const name of [...names.map((spec) => spec.name), authorityFiles.key]) {
    const content = (await secrets.read(name).catch(() => null)) ?? '';
    // Of `user:hash` the hash is the secret.
    for (const value of [content, content.trim().split(':').at(-1) ?? '']) {
      redactor.add(value);
      redactor.add(Buffer.from(value).toString('base64'));
      redactor.add(encodeURIComponent(value));
    }
  }
  return (text) => redactor.clean(text);
}
