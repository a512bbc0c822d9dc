import { parseImageReference } from '../../docker/image-reference.ts';
import { exampleService } from '../compose/example.ts';
import { isFloating } from '../compose/image-tags.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { outcome } from '../compose/service-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-01';
const pulled = {
  is: ({ service, image }: ServiceView) => image.path !== '' && service['build'] === undefined,
  not: 'built, not pulled',
  expected: 'an exact tag',
};

export const exactTag: Control = {
  id,
  title: 'Images have an exact tag',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'latest is another program every time it is pulled, and nobody can say afterwards which one ran.',
  references: ['CIS Docker Benchmark 5.28', 'NIST SP 800-190 4.2.2'],
  blindSpots: [
    'A major version alone (postgres:17) floats within what it promises, and any tag may be moved: only a digest stands still.',
  ],
  remedy: 'Name the version: image: redis:8.2.1.',
  static: (model) =>
    checkPrograms(model, id, pulled, (view) => {
      const { tag, digest } = view.image;
      return {
        status: tag.includes('$') ? 'unknown' : isFloating(view.image) ? 'fail' : 'pass',
        seen: tag || digest || 'no tag',
        location: placeOf(view, 'image'),
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Config.Image', ({ facts }) =>
      outcome(isExact(facts.config.image), 'an exact tag', facts.config.image),
    ),
  examples: {
    pass: [
      exampleService({ image: 'redis:8.2.1' }),
      exampleService({ image: 'postgres:17' }),
      exampleService({ image: 'minio/minio:RELEASE.2025-07-23T15-54-02Z' }),
      exampleService({ image: 'pgvector/pgvector:pg17' }),
      exampleService({ image: `redis:latest@sha256:${'0'.repeat(64)}` }),
      exampleService({ image: `a@sha256:${'0'.repeat(64)}` }),
    ],
    fail: [
      exampleService({ image: 'redis' }),
      exampleService({ image: 'redis:latest' }),
      exampleService({ image: 'nginx:stable-alpine3.20' }),
      exampleService({ image: 'ghcr.io/example/app:main' }),
      exampleService({ image: 'redis:alpine' }),
    ],
  },
};

function isExact(image: string): boolean {
  const { tag = '', digest = '' } = parseImageReference(image);
  return !isFloating({ tag, digest });
}
