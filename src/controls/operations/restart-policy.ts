import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RST-01';
const restarting = /^(always|unless-stopped|on-failure(:\d+)?)$/;
/** Restarts of one container from which on it counts as a crash loop. */
const crashLoop = 5;

export const restartPolicy: Control = {
  id,
  title: 'Services come back by themselves, and do not crash in a loop',
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'After a crash or a reboot a protection that does not come back is a protection that is off.',
  references: ['CIS Docker Benchmark 5.15'],
  blindSpots: ['Restarts are counted per container: one made anew begins at zero.'],
  remedy: 'Set restart: unless-stopped.',
  static: (model) =>
    checkServices(model, id, ['restart'], (service) =>
      outcome(restarting.test(service.restart ?? ''), 'a policy', shown(service.restart)),
    ),
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.RestartPolicy, RestartCount',
      ({ facts }) => {
        const { name } = facts.host.restartPolicy;
        const { restartCount } = facts.state;
        return outcome(
          restarting.test(name) && restartCount < crashLoop,
          `a policy, fewer than ${crashLoop} restarts`,
          `${name || 'none'}, ${restartCount} restarts`,
        );
      },
    ),
  examples: {
    pass: [
      exampleService({ restart: 'unless-stopped' }),
      exampleService({ restart: 'on-failure:5' }),
    ],
    fail: [exampleService({}), exampleService({ restart: 'no' })],
  },
};
