import { parseImageReference } from '../../docker/image-reference.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-02';

export const digest: Control = {
  id,
  title: 'Images are pinned by digest',
  severity: 'low',
  domain: 'supply-chain',
  subject: 'service',
  why: 'A registry may give another image under the same tag; a digest names exactly one.',
  references: ['OWASP Docker Security Cheat Sheet rule 13', 'NIST SP 800-190 4.1.5'],
  blindSpots: ['A digest proves sameness, not goodness: what the image holds is not looked at.'],
  remedy: 'Let up resolve the digests (images.lock), or write name:tag@sha256:....',
  static: (model) =>
    checkServices(model, id, ['image'], (service) => {
      const expected = 'a digest';
      if (service.image === undefined) {
        return { status: 'not-applicable', expected, seen: 'built, not pulled' };
      }
      const pinned = parseImageReference(service.image).digest !== undefined;
      return outcome(pinned, expected, shown(service.image));
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Config.Image', ({ facts }) =>
      outcome(
        parseImageReference(facts.config.image).digest !== undefined,
        'a digest',
        facts.config.image,
      ),
    ),
  examples: {
    pass: [exampleService({ image: `redis:8.2.1@sha256:${'0'.repeat(64)}` })],
    fail: [exampleService({ image: 'redis:8.2.1' })],
  },
};
