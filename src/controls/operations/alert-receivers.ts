import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'HIGH-005';
const isAlertmanager = {
  is: ({ program }: ServiceView) => program === 'alertmanager',
  not: 'not Alertmanager',
  expected: 'a configuration with a receiver, and no variable in it',
};
/** A shell's variable; Alertmanager's own templates are written {{ }}. */
const variable = /\$\{[A-Za-z_][A-Za-z0-9_]*/;
const receiver = /^\s*-?\s*[a-z]+_configs\s*:\s*(\[\s*[^\s\]]|$|#)/m;

export const alertReceivers: Control = {
  id,
  title: 'Alerts reach somebody',
  severity: 'high',
  domain: 'operations',
  subject: 'service',
  why: 'Alertmanager does not expand variables: a literal ${SMTP_HOST} is a host that does not exist, and nobody hears of the alerts. Without a configuration it sends them nowhere.',
  references: ['HIGH-005', 'https://prometheus.io/docs/alerting/latest/configuration/'],
  blindSpots: [
    'A mounted file is not read, and nothing is sent: only a fired alert proves the way.',
  ],
  remedy:
    'Fill the values in before Alertmanager reads the file (a config with content: in Compose does), and give it a receiver with a *_configs list.',
  static: (model) =>
    checkPrograms(model, id, isAlertmanager, (view) => {
      const words = programWords(view);
      if (words.some((word) => variable.test(word))) {
        const location = placeOf(view, 'command');
        return { status: 'fail', seen: 'a variable is left in the command', location };
      }
      const content = configContent(model, view);
      if (content !== undefined) {
        const location = placeOf(view, 'configs');
        if (variable.test(content)) {
          return { status: 'fail', seen: 'a variable is left in the configuration', location };
        }
        return receiver.test(content)
          ? { status: 'pass', seen: 'so' }
          : { status: 'fail', seen: 'no receiver delivers anything', location };
      }
      const isGiven =
        view.mounts.some(
          ({ target }) => /alertmanager|\.ya?ml$/.test(target) && !/\/data$/.test(target),
        ) ||
        [view.service.configs ?? [], view.service.secrets ?? []].some((list) => list.length > 0) ||
        view.service['build'] !== undefined;
      return isGiven
        ? { status: 'unknown', seen: 'a file of its own decides' }
        : { status: 'fail', seen: "the image's own configuration, which sends nothing" };
    }),
  examples: {
    pass: [
      exampleOf('receivers:\n  - name: ops\n    email_configs:\n      - to: ops@example.com\n'),
    ],
    fail: [
      exampleOf('receivers:\n  - name: ops\n    webhook_configs:\n      - url: ${ALERT_URL}\n'),
      exampleOf('receivers:\n  - name: nobody\n'),
      exampleOf(null),
    ],
  },
};

/** The text of a configuration that the Compose file itself, or the project, holds. */
function configContent({ document, project }: StaticModel, view: ServiceView): string | undefined {
  if (view.known) {
    for (const [path, content] of project?.files ?? []) {
      if (path.includes(view.name) && /alertmanager\.ya?ml$/.test(path)) return content;
    }
  }
  const configs = (document['configs'] ?? {}) as Record<string, { content?: unknown } | null>;
  for (const entry of view.service.configs ?? []) {
    const name = typeof entry === 'string' ? entry : (entry as { source?: unknown }).source;
    const content =
      typeof name === 'string' && Object.hasOwn(configs, name) && configs[name]?.content;
    if (typeof content === 'string' && /receiver|route/.test(content)) return content;
  }
  return undefined;
}

function exampleOf(content: string | null): StaticModel {
  const alertmanager = { image: 'prom/alertmanager:v0.29.0' };
  if (content === null) return { document: { services: { alertmanager } } };
  const configs = [{ source: 'alerts', target: '/etc/alertmanager/alertmanager.yml' }];
  return {
    document: {
      services: { alertmanager: { ...alertmanager, configs } },
      configs: { alerts: { content } },
    },
  };
}
