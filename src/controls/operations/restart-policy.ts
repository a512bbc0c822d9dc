import { exampleService } from '../compose/example.ts';
import { outcome, shown } from '../compose/service-check.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';
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
  static: (model) => {
    const jobs = jobsOf(model);
    const applies = {
      is: ({ name }: ServiceView) => !jobs.has(name),
      not: 'a job that others wait for to end',
      expected: 'a policy',
    };
    return checkPrograms(model, id, applies, (view) => {
      const { restart } = view.service;
      const location = placeOf(view, 'restart');
      if (restart?.includes('$')) {
        return { status: 'unknown', seen: 'a variable in restart', location };
      }
      const swarm = restart === undefined ? deployed(view) : undefined;
      const holds = restarting.test(restart ?? '') || swarm === 'any' || swarm === 'on-failure';
      return {
        status: holds ? 'pass' : 'fail',
        seen: swarm === undefined ? shown(restart) : `deploy.restart_policy: ${swarm}`,
        location,
      };
    });
  },
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
      exampleService({ deploy: { restart_policy: { condition: 'on-failure' } } }),
      {
        document: {
          services: {
            migrate: { restart: 'no' },
            app: {
              restart: 'always',
              depends_on: { migrate: { condition: 'service_completed_successfully' } },
            },
          },
        },
      },
    ],
    fail: [exampleService({}), exampleService({ restart: 'no' })],
  },
};

/** Services that end when their work is done: others wait for that. */
function jobsOf(model: StaticModel): ReadonlySet<string> {
  const jobs = new Set<string>();
  for (const { service } of viewOf(model).services) {
    const waits = (service.depends_on ?? {}) as Record<string, { condition?: unknown } | null>;
    for (const [name, wait] of Object.entries(waits)) {
      if (wait?.condition === 'service_completed_successfully') jobs.add(name);
    }
  }
  return jobs;
}

/** Compose follows this policy too where there is no `restart`; without a condition it is any. */
function deployed({ service }: ServiceView): string | undefined {
  const { restart_policy: policy } = (service['deploy'] ?? {}) as {
    restart_policy?: { condition?: unknown } | null;
  };
  if (!policy) return undefined;
  return typeof policy.condition === 'string' ? policy.condition : 'any';
}
