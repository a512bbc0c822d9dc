import { parseImageReference } from '../../docker/image-reference.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-IMG-01';
const floating = ['latest', 'stable', 'edge', 'main', 'master', 'nightly', 'dev'];

export const exactTag: Control = {
  id,
  title: 'Images have an exact tag',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'latest is another program every time it is pulled, and nobody can say afterwards which one ran.',
  references: ['CIS Docker Benchmark 5.28', 'NIST SP 800-190 4.2.2'],
  blindSpots: ['A tag such as 3 or alpine floats as well; only a digest stands still.'],
  remedy: 'Name the version: image: redis:8.2.1.',
  static: (model) =>
    checkServices(model, id, ['image'], (service) => {
      if (service.image === undefined) {
        return { status: 'not-applicable', expected: 'an exact tag', seen: 'built, not pulled' };
      }
      return outcome(isExact(service.image), 'an exact tag', shown(service.image));
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Config.Image', ({ facts }) =>
      outcome(isExact(facts.config.image), 'an exact tag', facts.config.image),
    ),
  examples: {
    pass: [
      exampleService({ image: 'redis:8.2.1' }),
      exampleService({ image: `a@sha256:${'0'.repeat(64)}` }),
    ],
    fail: [exampleService({ image: 'redis' }), exampleService({ image: 'redis:latest' })],
  },
};

function isExact(image: string): boolean {
  const { tag, digest } = parseImageReference(image);
  return tag === undefined ? digest !== undefined : !floating.includes(tag);
}
