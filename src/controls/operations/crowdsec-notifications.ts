import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'LOW-001';
const folder = '/etc/crowdsec/notifications';
const isCrowdsec = {
  is: (view: ServiceView) =>
    view.program === 'crowdsec' && !targetsOf(view).some((path) => path === '/etc/crowdsec'),
  not: 'no CrowdSec, or its whole configuration is a folder of its own',
  expected: `files in ${folder}`,
};

export const crowdsecNotifications: Control = {
  id,
  title: "CrowdSec's notifications are configured",
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'The image brings templates of notifications without an address: until a file with one is mounted, bans happen and nobody hears of them.',
  references: ['LOW-001', 'https://docs.crowdsec.net/docs/notification_plugins/intro/'],
  blindSpots: [
    'Whether profiles.yaml names the notifications, and whether they arrive, is not seen.',
  ],
  remedy: `Mount a file such as ${folder}/email.yaml, and name it in profiles.yaml.`,
  static: (model) =>
    checkPrograms(model, id, isCrowdsec, (view) => {
      const found = targetsOf(view).some(
        (path) => path === folder || path.startsWith(`${folder}/`),
      );
      return found
        ? { status: 'pass', seen: 'mounted' }
        : { status: 'fail', seen: 'none is mounted', location: placeOf(view, 'volumes') };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'crowdsecurity/crowdsec:v1.7.3',
        volumes: [`./email.yaml:${folder}/email.yaml:ro`],
      }),
      exampleService({
        image: 'crowdsecurity/crowdsec:v1.7.3',
        configs: [{ source: 'mail', target: `${folder}/email.yaml` }],
      }),
    ],
    fail: [
      exampleService({
        image: 'crowdsecurity/crowdsec:v1.7.3',
        volumes: ['data:/var/lib/crowdsec/data'],
      }),
    ],
  },
};

/** Paths in the container at which the service gets files, without a slash at the end. */
function targetsOf({ mounts, service }: ServiceView): string[] {
  const given = [...(service.configs ?? []), ...(service.secrets ?? [])].flatMap((entry) => {
    const target =
      typeof entry === 'string' ? undefined : (entry as { target?: unknown } | null)?.target;
    return typeof target === 'string' ? [target] : [];
  });
  return [...mounts.map(({ target }) => target), ...given].map((path) => path.replace(/\/$/, ''));
}
