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
      logging?.driver === 'none'
        ? { status: 'not-applicable', expected: 'a bound', seen: 'keeps none: see J-LOG-01' }
        : judge(logging?.driver ?? '', logging?.options ?? {}),
    ),
  fix: ({ subject }, { document }) => {
    // A name such as __proto__ is no service of the document unless it is its own.
    const service = Object.hasOwn(document.services, subject)
      ? document.services[subject]
      : undefined;
    const reason = 'a full disk stops every service: logs keep to 30 MB';
    const options = { 'max-size': '10m', 'max-file': '3' };
    if (service?.logging?.options === undefined) {
      const value = { driver: 'json-file', options };
      return [{ service: subject, key: ['logging'], change: { kind: 'set', value }, reason }];
    }
    return [
      {
        service: subject,
        key: ['logging', 'options', 'max-size'],
        change: { kind: 'set', value: options['max-size'] },
        reason,
      },
    ];
  },
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
