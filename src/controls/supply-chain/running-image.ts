import { parseImageReference, sameRepository } from '../../docker/image-reference.ts';
import { outcome } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-03';

export const runningImage: Control = {
  id,
  title: 'What runs is the image that was locked',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'An image that was replaced on the host under the same name would run without anybody having decided so.',
  references: ['NIST SP 800-190 4.1.5', 'OWASP Docker Security Cheat Sheet rule 13'],
  blindSpots: ["The engine's word about its own image store is trusted."],
  remedy: 'Run up again; if the digest in images.lock is outdated, update.',
  probe: (context) =>
    probeContainers(
      context,
      id,
      'images.lock, RepoDigests of the running image',
      async ({ facts, rendered }) => {
        const wanted = parseImageReference(rendered?.image ?? facts.config.image);
        const locked =
          wanted.digest ??
          Object.entries(context.imageLock).find(([reference]) => {
            const candidate = parseImageReference(reference);
            return sameRepository(candidate, wanted) && candidate.tag === wanted.tag;
          })?.[1];
        if (locked === undefined) {
          return { status: 'fail', expected: 'a locked digest', seen: 'not in images.lock' };
        }
        const image = await context.engine.inspectImage(facts.imageId);
        if (image === null) {
          return { status: 'unknown', expected: locked, seen: 'the engine has no such image' };
        }
        const digests = image.repoDigests.flatMap(
          (reference) => parseImageReference(reference).digest ?? [],
        );
        return outcome(digests.includes(locked), locked, digests.join(', ') || 'no digest');
      },
    ),
};
