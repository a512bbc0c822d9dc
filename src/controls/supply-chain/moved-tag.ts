import { parseImageReference } from '../../docker/image-reference.ts';
import type { DistributionAnswer } from '../../docker/engine.ts';
import { outcome } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-08';

export const movedTag: Control = {
  id,
  title: 'The tag means the locked image in its registry, too',
  severity: 'low',
  domain: 'supply-chain',
  subject: 'service',
  why: 'A tag that was given another image is either an update with a reason or an attack on the registry; somebody should look before it is taken.',
  references: ['NIST SP 800-190 4.1.5', 'OWASP Docker Security Cheat Sheet rule 13'],
  blindSpots: ['The registry is asked by the engine; a registry that lies to it is not found out.'],
  remedy:
    "Read what the image's makers say of it. To take it, remove its line from images.lock and run jacker up.",
  probe: (context) => {
    // Instances of one image ask once.
    const answers = new Map<string, Promise<DistributionAnswer>>();
    return probeContainers(context, id, "the registry's digest of the tag", async ({ facts }) => {
      const [reference = '', locked] = facts.config.image.split('@');
      if (locked === undefined || parseImageReference(reference).tag === undefined) {
        return { status: 'not-applicable', expected: 'a locked tag', seen: facts.config.image };
      }
      const asked = answers.get(reference) ?? context.engine.distributionDigest(reference);
      answers.set(reference, asked);
      const answer = await asked;
      return answer.digest === null
        ? { status: 'unknown', expected: locked, seen: `${answer.reason}: ${answer.detail}` }
        : outcome(answer.digest === locked, locked, answer.digest);
    });
  },
};
