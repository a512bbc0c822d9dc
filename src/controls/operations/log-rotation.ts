import { exampleService } from '../compose/example.ts';
import { checkServices, outcome } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-LOG-02';
/** Drivers that write files on the host without a bound of their own. */
const unbounded = ['json-file', ''];

export const logRotation: Control = {
  id,
  title: 'Logs are rotated',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: "The engine's default log file grows until the disk is full, and a full disk stops every service.",
  references: ['OWASP Docker Security Cheat Sheet rule 10', 'NIST SP 800-190 4.5.5'],
  blindSpots: ["The engine's own defaults (daemon.json) may bound logs too; they are not read."],
  remedy: 'Set logging with the options max-size and max-file.',
  static: (model) =>
    checkServices(model, id, ['logging'], ({ logging }) =>
      judge(logging?.driver ?? '', logging?.options ?? {}),
    ),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.LogConfig', ({ facts }) =>
      judge(facts.host.logConfig.type, facts.host.logConfig.config),
    ),
  examples: {
    pass: [
      exampleService({
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
      }),
      exampleService({ logging: { driver: 'local' } }),
    ],
    fail: [
      exampleService({}),
      exampleService({ logging: { driver: 'json-file', options: { 'max-file': '3' } } }),
    ],
  },
};

function judge(driver: string, options: Readonly<Record<string, string>>) {
  const bounded = !unbounded.includes(driver) || options['max-size'] !== undefined;
  const sizes = `max-size ${options['max-size'] ?? 'not set'}, max-file ${options['max-file'] ?? 'not set'}`;
  return outcome(
    bounded,
    'max-size, or a driver that bounds itself',
    `${driver || 'the default driver'}, ${sizes}`,
  );
}
