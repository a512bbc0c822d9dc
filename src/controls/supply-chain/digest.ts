import { parseImageReference } from '../../docker/image-reference.ts';
import { exampleService } from '../compose/example.ts';
import { hasDigest } from '../compose/image-tags.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { outcome } from '../compose/service-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-02';
const pulled = {
  is: ({ service, image }: ServiceView) => image.path !== '' && service['build'] === undefined,
  not: 'built, not pulled',
  expected: 'a digest',
};

export const digest: Control = {
  id,
  title: 'Images are pinned by digest',
  severity: 'low',
  domain: 'supply-chain',
  subject: 'service',
  why: 'A registry may give another image under the same tag; a digest names exactly one.',
  references: ['OWASP Docker Security Cheat Sheet rule 13', 'NIST SP 800-190 4.1.5'],
  blindSpots: ['A digest proves sameness, not goodness: what the image holds is not looked at.'],
  remedy:
    'Write the digest behind the tag: name:tag@sha256:…, as docker buildx imagetools inspect name:tag shows it. In a project of Jacker, images.lock does it.',
  static: (model) =>
    checkPrograms(model, id, pulled, (view) => ({
      status: hasDigest(view.image)
        ? 'pass'
        : `${view.image.tag}${view.image.digest}`.includes('$')
          ? 'unknown'
          : 'fail',
      seen: view.service.image ?? '',
      location: placeOf(view, 'image'),
    })),
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
