import { exampleService } from '../compose/example.ts';
import { checkServices, outcome } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-LOG-01';
const expected = 'a driver that keeps logs';

export const loggingOff: Control = {
  id,
  title: 'Logs are kept',
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'With the driver none nothing of what a service says is left: neither a break-in nor a fault can be looked into afterwards.',
  references: ['J-LOG-01', 'CIS Docker Benchmark 2.12', 'NIST SP 800-190 4.4.4'],
  blindSpots: ['What a service writes to files of its own instead is not looked at.'],
  remedy: 'Take driver: none out, and bound the size of the log instead.',
  static: (model) =>
    checkServices(model, id, ['logging'], ({ logging }, name) => {
      const driver = logging?.driver ?? '';
      return {
        ...outcome(driver !== 'none', expected, driver || "the engine's default driver"),
        ...(driver === 'none' ? { location: ['services', name, 'logging', 'driver'] } : {}),
      };
    }),
  fix: ({ subject }) => [
    {
      service: subject,
      key: ['logging'],
      change: {
        kind: 'set',
        value: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
      },
      reason: 'keeps what the service says, within 30 MB',
    },
  ],
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.LogConfig', ({ facts }) =>
      outcome(facts.host.logConfig.type !== 'none', expected, facts.host.logConfig.type),
    ),
  examples: {
    pass: [exampleService({}), exampleService({ logging: { driver: 'journald' } })],
    fail: [exampleService({ logging: { driver: 'none' } })],
  },
};
