import { exampleService } from '../compose/example.ts';
import { exposureOf } from '../compose/edge-exposure.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText, isTrue, optionOf, programWords } from '../compose/program-words.ts';
import type { Outcome } from '../compose/service-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-OBS-01';
const passwordKey = 'GF_SECURITY_ADMIN_PASSWORD';

export const metricsAdmin: Control = {
  id,
  title: 'Monitoring cannot be administered by strangers',
  severity: 'high',
  domain: 'operations',
  subject: 'service',
  why: 'The admin API of Prometheus deletes series without a password, its lifecycle API stops it, and an administrator of Grafana reads every data source with the credentials stored there.',
  references: [
    'J-OBS-01',
    'LOW-003',
    'https://prometheus.io/docs/operating/security/',
    'https://grafana.com/docs/grafana/latest/setup-grafana/configure-security',
  ],
  blindSpots: [
    'Options in mounted files (prometheus.yml, grafana.ini) are not read, and a password that was changed in Grafana itself is not known.',
  ],
  remedy:
    'Take --web.enable-admin-api out, keep --web.enable-lifecycle to networks without the edge, and set GF_SECURITY_ADMIN_PASSWORD__FILE.',
  static: (model) => {
    const applies = {
      is: ({ program }: ServiceView) => program === 'prometheus' || program === 'grafana',
      not: 'not Prometheus or Grafana',
      expected: 'no administration without a password of its own',
    };
    return checkPrograms(model, id, applies, (view) =>
      view.program === 'grafana' ? judgeGrafana(view) : judgePrometheus(model, view),
    );
  },
  examples: {
    pass: [
      exampleService({ image: 'prom/prometheus:v3.7.0', command: ['--web.enable-lifecycle'] }),
      exampleService({
        image: 'grafana/grafana:12.2.0',
        environment: { [`${passwordKey}__FILE`]: '/run/secrets/grafana' },
      }),
    ],
    fail: [
      exampleService({ image: 'prom/prometheus:v3.7.0', command: ['--web.enable-admin-api'] }),
      exampleService({
        image: 'prom/prometheus:v3.7.0',
        command: ['--web.enable-lifecycle'],
        ports: ['9090:9090'],
      }),
      exampleService({ image: 'grafana/grafana:12.2.0', environment: { [passwordKey]: 'admin' } }),
      exampleService({
        image: 'grafana/grafana-oss:12.2.0',
        environment: {
          [passwordKey]: 'x',
          GF_AUTH_ANONYMOUS_ENABLED: 'true',
          GF_AUTH_ANONYMOUS_ORG_ROLE: 'Admin',
        },
      }),
    ],
  },
};

type Judgement = Omit<Outcome, 'expected'>;

function judgePrometheus(model: StaticModel, view: ServiceView): Judgement {
  const words = programWords(view);
  const isOn = (name: string): boolean => {
    const value = optionOf(words, name);
    return value !== undefined && !/^false$/i.test(value);
  };
  const location = placeOf(view, 'command');
  if (isOn('--web.enable-admin-api'))
    return { status: 'fail', seen: 'the admin API is on', location };
  const exposure = isOn('--web.enable-lifecycle') ? exposureOf(model, view) : null;
  return exposure === null
    ? { status: 'pass', seen: 'so' }
    : { status: 'fail', seen: `the lifecycle API is on, ${exposure}`, location };
}

function judgeGrafana(view: ServiceView): Judgement {
  const { environment } = view;
  const role = environment.get('GF_AUTH_ANONYMOUS_ORG_ROLE') ?? '';
  if (isTrue(environment.get('GF_AUTH_ANONYMOUS_ENABLED')) && /^(admin|editor)$/i.test(role)) {
    const location = placeOf(view, 'environment', 'GF_AUTH_ANONYMOUS_ORG_ROLE');
    return { status: 'fail', seen: `anybody is ${role}`, location };
  }
  const password = environment.get(passwordKey) ?? '';
  if (/^(admin|grafana|password|changeme)$/i.test(password)) {
    const location = placeOf(view, 'environment', passwordKey);
    return { status: 'fail', seen: `${passwordKey} is a published one`, location };
  }
  if (isOpenText(view, 'environment', password)) {
    return { status: 'unknown', seen: `a variable in ${passwordKey}` };
  }
  const isSet = password !== '' || (environment.get(`${passwordKey}__FILE`) ?? '') !== '';
  const isFormOff =
    isTrue(environment.get('GF_AUTH_DISABLE_LOGIN_FORM')) ||
    isTrue(environment.get('GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION'));
  return isSet || isFormOff
    ? { status: 'pass', seen: 'so' }
    : { status: 'unknown', seen: 'admin/admin until somebody changed it' };
}
