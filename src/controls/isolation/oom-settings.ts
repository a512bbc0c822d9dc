import { exampleService } from '../compose/example.ts';
import type { Outcome } from '../compose/service-check.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control, ServiceChange } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RES-05';
/** The engine's own score: https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service */
const engineScore = -500;

export const oomSettings: Control = {
  id,
  title: 'No container escapes the out-of-memory killer',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'What may not be killed takes the memory of the host until other services, the engine or sshd are killed in its place.',
  references: [
    'Docker: resource constraints, https://docs.docker.com/engine/containers/resource_constraints/',
  ],
  blindSpots: [
    'Under control groups v2 the engine ignores oom_kill_disable: it is objected to all the same.',
  ],
  remedy: "Take oom_kill_disable out; keep oom_score_adj at the engine's own -500 or above.",
  static: (model) =>
    checkServices(model, id, ['oom_kill_disable', 'oom_score_adj'], (service, name) => {
      const disabled = service['oom_kill_disable'] === true;
      const found = judge(disabled, Number(service['oom_score_adj'] ?? 0));
      return disabled ? found : { ...found, location: ['services', name, 'oom_score_adj'] };
    }),
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.OomKillDisable, OomScoreAdj',
      ({ facts: { host } }) => judge(host.oomKillDisable, host.oomScoreAdj),
    ),
  fix: ({ subject }, { document }) => {
    const service = document.services[subject];
    const removal = (key: string): ServiceChange => ({
      service: subject,
      key: [key],
      change: { kind: 'remove' },
      reason: 'when memory runs out, this service may be ended instead of the host',
    });
    return [
      ...(service?.['oom_kill_disable'] === true ? [removal('oom_kill_disable')] : []),
      ...(Number(service?.['oom_score_adj'] ?? 0) < engineScore ? [removal('oom_score_adj')] : []),
    ];
  },
  examples: {
    pass: [
      exampleService({}),
      exampleService({ oom_score_adj: 500 }),
      exampleService({ oom_score_adj: -500 }),
    ],
    fail: [exampleService({ oom_kill_disable: true }), exampleService({ oom_score_adj: -1000 })],
  },
};

function judge(disabled: boolean, score: number): Outcome {
  const expected = `may be killed, no less readily than the engine (${engineScore})`;
  if (disabled) return { status: 'fail', expected, seen: 'oom_kill_disable: true' };
  return { status: score < engineScore ? 'fail' : 'pass', expected, seen: `score ${score}` };
}
