import { JackerError, type Problem } from '../error.ts';
import type { Engine } from './engine.ts';
import type { ImageLock } from './image-lock.ts';
import { parseImageReference, sameRepository } from './image-reference.ts';
import type { PullProgress } from './pull.ts';

/** How {@link resolveDigests} may find the digest of a reference that is not locked. */
export interface ResolveOptions {
  /** True: pull it. False: only what the engine holds already counts. */
  pull: boolean;
  onProgress?: (reference: string, progress: PullProgress) => void;
}

/**
 * The digest of every reference. One that names its digest keeps it, a locked one keeps the
 * locked digest whatever the registry says now, and an unlocked one gets the digest that it means
 * at this moment. Entries of the lock that no reference uses are dropped.
 *
 * @param references Image references as the services name them.
 * @throws JackerError `image` with every reference that has no digest.
 */
export async function resolveDigests(
  engine: Engine,
  references: readonly string[],
  lock: ImageLock,
  options: ResolveOptions,
): Promise<ImageLock> {
  const resolved: Record<string, string> = {};
  const problems: Problem[] = [];
  // One after the other: parallel pulls make progress unreadable and registries count requests.
  for (const reference of [...new Set(references)].sort()) {
    const known = parseImageReference(reference).digest ?? lock[reference];
    if (known !== undefined) {
      resolved[reference] = known;
      continue;
    }
    try {
      resolved[reference] = options.pull
        ? await engine.pullImage(reference, (progress) => options.onProgress?.(reference, progress))
        : await presentDigest(engine, reference);
    } catch (error) {
      if (!(error instanceof JackerError) || error.code !== 'image') throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new JackerError('image', problems);
  return resolved;
}

/** The registry digest of an image that the engine holds. */
async function presentDigest(engine: Engine, reference: string): Promise<string> {
  const image = await engine.inspectImage(reference);
  if (image === null) {
    throw new JackerError('image', {
      what: `The image ${reference} is not on this engine`,
      hint: `Get it: docker pull ${reference}`,
    });
  }
  const wanted = parseImageReference(reference);
  const digests = image.repoDigests.flatMap((entry) => {
    const candidate = parseImageReference(entry);
    return sameRepository(candidate, wanted) && candidate.digest !== undefined
      ? [candidate.digest]
      : [];
  });
  const [digest, another] = digests;
  if (digest === undefined || another !== undefined) {
    throw new JackerError('image', {
      what: `The image ${reference} has no single registry digest on this engine`,
      why: digest === undefined ? 'it was built or imported here' : 'it was pulled by several tags',
      hint: `Pull it from its registry: docker pull ${reference}`,
    });
  }
  return digest;
}
