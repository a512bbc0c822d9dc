import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NET-09';
const expected = 'networks of its own';

export const defaultBridge: Control = {
  id,
  title: "No container is on the engine's default bridge",
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'On docker0 every container of the host that names no network reaches every other, whichever project it is of.',
  references: [
    'CIS Docker Benchmark 2.2',
    'CIS Docker Benchmark 5.30',
    'Docker: bridge networks, https://docs.docker.com/engine/network/drivers/bridge/',
  ],
  blindSpots: [
    'Whether the engine forbids the containers of docker0 to talk (icc) is not counted: they still share it with the host.',
  ],
  remedy: 'Take network_mode: bridge out and put the service on a network of the project.',
  static: (model) =>
    checkServices(model, id, ['network_mode'], (service): Outcome => {
      const mode = service.network_mode ?? '';
      if (mode !== '' && mode !== 'bridge' && mode !== 'default') {
        return { status: 'not-applicable', expected, seen: mode };
      }
      return {
        status: mode === '' ? 'pass' : 'fail',
        expected,
        seen: mode === '' ? 'networks of the project' : `network_mode: ${mode}`,
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect NetworkSettings.Networks', ({ facts }) => {
      const names = Object.keys(facts.networks);
      return {
        status: names.includes('bridge') ? 'fail' : 'pass',
        expected,
        seen: names.join(', ') || 'none',
      };
    }),
  fix: ({ subject }) => [
    {
      service: subject,
      key: ['network_mode'],
      change: { kind: 'remove' },
      reason:
        'a network of the project instead of the bridge that every container of the host shares',
    },
  ],
  examples: {
    pass: [exampleService({}), exampleService({ networks: ['back'] })],
    fail: [
      exampleService({ network_mode: 'bridge' }),
      exampleService({ network_mode: 'default', ports: ['8080:80'] }),
    ],
  },
};
