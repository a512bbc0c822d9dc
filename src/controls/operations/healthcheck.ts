import { exampleService } from '../compose/example.ts';
import { checkServices, outcome } from '../compose/service-check.ts';
import type { Control, Reading } from '../control.ts';

const id = 'J-HC-01';

export const healthcheck: Control = {
  id,
  title: 'Every service is checked for health, and healthy',
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'Without a check, a service that hangs counts as running, and an update that breaks it as done.',
  references: ['CIS Docker Benchmark 5.27'],
  blindSpots: [
    "A check that an image brings itself is not in the Compose file; without one there, the static part says unknown. Whether the check proves that the service does its work is the manifest's matter.",
  ],
  remedy: 'Write a healthcheck with a test that fails when the service does not answer.',
  static: (model) =>
    checkServices(model, id, ['healthcheck'], ({ healthcheck }) => {
      const expected = 'a healthcheck with a test';
      if (healthcheck === undefined) {
        return { status: 'unknown', expected, seen: "not set: the image's own, if it has one" };
      }
      const test = [healthcheck.test ?? []].flat();
      const none = healthcheck.disable === true || test.length === 0 || test[0] === 'NONE';
      return outcome(!none, expected, none ? 'disabled' : 'set');
    }),
  probe: async (context) =>
    context.stack.services.map(({ name }): Reading => {
      const facts = context.containers.get(name);
      const seen = facts?.state.running
        ? (facts.state.health ?? 'no check')
        : (facts?.state.status ?? 'no container');
      return {
        subject: name,
        status: seen === 'healthy' ? 'pass' : seen === 'starting' ? 'unknown' : 'fail',
        read: 'docker inspect State.Health',
        from: facts?.name ?? name,
        expected: 'healthy',
        seen,
      };
    }),
  examples: {
    pass: [exampleService({ healthcheck: { test: ['CMD', 'true'] } })],
    fail: [
      exampleService({ healthcheck: { disable: true } }),
      exampleService({ healthcheck: { test: ['NONE'] } }),
    ],
  },
};
