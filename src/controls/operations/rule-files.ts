import { configTexts } from '../compose/config-texts.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { programWords, optionOf } from '../compose/program-words.ts';
import { isWithin } from '../compose/service-mounts.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-OBS-03';
const usual = '/etc/prometheus/prometheus.yml';
const dataFolder = '/prometheus';
/** What else evaluates rules and sends alerts. */
const otherRulers = /(^|\/)(grafana[^/]*|loki|mimir|vmalert|thanos|cortex)$/;
const ruleFiles =
  /^rule_files\s*:\s*(?:\[([^\]\n]{0,2000})\]|((?:\r?\n[ \t]*(?:-[^\n]{0,500}|#[^\n]{0,500})?)+))/m;

export const alertRules: Control = {
  id,
  title: 'The alert rules of Prometheus are in its container',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'Prometheus starts without a word where a pattern under rule_files matches nothing: no rule is loaded, and an Alertmanager beside it waits for alerts that cannot come.',
  references: [
    'HIGH-005',
    'https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/',
  ],
  blindSpots: [
    'A mounted prometheus.yml is read where it lies beside the Compose file; elsewhere only that nothing is mounted in which a rule could be is seen.',
    'Whether the rules are valid is not seen: promtool check rules says so.',
  ],
  remedy:
    'Mount the folder of the rules where rule_files looks for it: ./rules:/etc/prometheus/rules:ro.',
  static: (model) => {
    const { services } = viewOf(model);
    const alerts = services.some(({ program }) => program === 'alertmanager');
    const others = services.some(({ image }) => otherRulers.test(image.path));
    const applies = {
      is: (view: ServiceView) =>
        view.program === 'prometheus' &&
        (alerts || patternsOf(model, view).length > 0) &&
        view.service['build'] === undefined,
      not: 'not Prometheus, or no alert is asked of it',
      expected: 'a mount in which the rules are',
    };
    return checkPrograms(model, id, applies, (view) => {
      const targets = targetsOf(view);
      const folder = configFile(view).replace(/\/[^/]*$/, '');
      const patterns = patternsOf(model, view);
      const lost = patterns.find((pattern) => {
        const path = pattern.startsWith('/') ? pattern : `${folder}/${pattern}`;
        const fixed = path.replace(/\/[^/]*[*?[].*$/, '');
        return !targets.some((target) => isWithin(fixed, target) || isWithin(target, fixed));
      });
      const location = placeOf(view, view.service.volumes === undefined ? 'image' : 'volumes');
      if (lost !== undefined)
        return { status: 'fail', seen: `nothing is mounted at ${lost}`, location };
      if (patterns.length > 0) return { status: 'pass', seen: patterns.slice(0, 5).join(', ') };
      const else_ = targets.some((target) => target !== configFile(view) && target !== dataFolder);
      if (else_) return { status: 'pass', seen: 'more than its configuration is mounted' };
      return others
        ? { status: 'not-applicable', seen: 'another program may send the alerts' }
        : { status: 'fail', seen: 'nothing but its configuration is mounted', location };
    });
  },
  examples: {
    pass: [
      monitored({
        volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml:ro', './r:/rules:ro'],
      }),
      monitored({ volumes: ['./prometheus:/etc/prometheus:ro', 'data:/prometheus'] }),
      monitored(
        { configs: [{ source: 'p', target: usual }], volumes: ['./r:/etc/prometheus/rules:ro'] },
        'rule_files:\n  - rules/*.yml\n',
      ),
    ],
    fail: [
      monitored({ volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml:ro'] }),
      monitored(
        { configs: [{ source: 'p', target: usual }], volumes: ['data:/prometheus'] },
        'global: {}\nrule_files:\n  - /etc/prometheus/rules/*.yml\n',
      ),
    ],
  },
};

function configFile(view: ServiceView): string {
  return optionOf(programWords(view), '--config.file') ?? usual;
}

/** Where the service has files from outside of its image, without a slash at the end. */
function targetsOf({ mounts, service }: ServiceView): string[] {
  const given = (service.configs ?? []).flatMap((entry) => {
    const { target } = (typeof entry === 'object' && entry !== null ? entry : {}) as {
      target?: unknown;
    };
    return typeof target === 'string' ? [target] : [];
  });
  return [...mounts.map(({ target }) => target), ...given].map((path) => path.replace(/\/+$/, ''));
}

/** The patterns under rule_files, where the Compose file holds the configuration. */
function patternsOf(model: StaticModel, view: ServiceView): string[] {
  const path = configFile(view);
  const text = configTexts(model, view).find(({ target }) => target === path)?.text ?? '';
  const [, inline, block] = ruleFiles.exec(text) ?? [];
  const entries =
    inline?.split(',') ?? block?.split('\n').filter((line) => /^\s*-/.test(line)) ?? [];
  return entries
    .map((entry) =>
      entry
        .replace(/^\s*-/, '')
        .replace(/\s#.*$/, '')
        .trim()
        .replace(/^["']|["']$/g, ''),
    )
    .filter(Boolean);
}

function monitored(prometheus: ComposeService, content?: string): StaticModel {
  return {
    document: {
      services: {
        prometheus: { image: 'prom/prometheus:v3.7.0', ...prometheus },
        alertmanager: { image: 'prom/alertmanager:v0.29.0' },
      },
      ...(content === undefined ? {} : { configs: { p: { content } } }),
    },
  };
}
