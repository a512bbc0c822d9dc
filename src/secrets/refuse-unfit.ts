import { posix } from 'node:path';
import { JackerError } from '../error.ts';
import { formFaults, type ContentFault } from './inspect.ts';
import type { SecretSpec } from './specification.ts';
import type { SecretFiles } from './store.ts';

/** The kinds that are one text, which a person may have written. */
const texts: ReadonlySet<SecretSpec['kind']> = new Set([
  'password',
  'hex',
  'base64',
  'cookie',
  'given',
]);

/** A service would not start with it, or start open. Weakness is for `secrets check` to judge. */
function isRefused({ kind }: SecretSpec, fault: ContentFault): boolean {
  return (
    ['empty', 'line-end', 'malformed'].includes(fault.kind) ||
    (fault.kind === 'published' && kind !== 'given')
  );
}

/**
 * Refuses secrets that are there and cannot be used as they are: an empty file, several lines, what
 * is no hex, a password out of a manual. Throws `secret-invalid` with every one of them; what is
 * missing is not looked at.
 */
export async function refuseUnfit(
  secrets: Pick<SecretFiles, 'folder' | 'read'>,
  specs: readonly SecretSpec[],
): Promise<void> {
  const found = await Promise.all(
    specs
      .filter((spec) => !spec.rendered && texts.has(spec.kind))
      .map(async (spec) => {
        const content = await secrets.read(spec.name);
        const faults = content === null ? [] : formFaults(spec, content);
        return faults.filter((fault) => isRefused(spec, fault)).map((fault) => ({ spec, fault }));
      }),
  );
  const unfit = found.flat();
  if (unfit.length === 0) return;
  // Late: what explains is needed where something is wrong only.
  const { contentProblem } = await import('./check.ts');
  throw new JackerError(
    'secret-invalid',
    unfit.map(({ spec, fault }) => {
      const { what, where, hint } = contentProblem(
        spec,
        fault,
        posix.join(secrets.folder, spec.name),
      );
      return { what, ...(where ? { where } : {}), ...(hint === undefined ? {} : { hint }) };
    }),
  );
}
