import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText, isTrue } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'LOW-003';
const isGrafana = {
  is: ({ program }: ServiceView) => program === 'grafana',
  not: 'not Grafana',
  expected: 'no anonymous access, identity headers from the proxy alone',
};
const anonymous = 'GF_AUTH_ANONYMOUS_ENABLED';
const proxy = 'GF_AUTH_PROXY_ENABLED';
const whitelist = 'GF_AUTH_PROXY_WHITELIST';

export const grafanaAccess: Control = {
  id,
  title: 'Grafana knows who is there, and believes only its proxy',
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'Without a whitelist Grafana believes an identity header from every service on its networks: whoever sends X-WEBAUTH-USER: admin is the administrator.',
  references: [
    'LOW-003',
    'J-OBS-01',
    'https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/auth-proxy',
  ],
  blindSpots: [
    'A mounted grafana.ini is not read.',
    'Whether the whitelist names the proxy alone is not judged.',
  ],
  remedy: `Set ${anonymous}: "false", and ${whitelist} to the address of the proxy.`,
  static: (model) =>
    checkPrograms(model, id, isGrafana, (view) => {
      for (const name of [anonymous, proxy]) {
        const value = view.environment.get(name) ?? '';
        const location = placeOf(view, 'environment', name);
        if (isOpenText(view, 'environment', value)) {
          return { status: 'unknown', seen: `a variable in ${name}`, location };
        }
        if (name === anonymous && isTrue(value)) {
          return { status: 'fail', seen: 'anybody may look', location };
        }
        if (name === proxy && isTrue(value) && (view.environment.get(whitelist) ?? '') === '') {
          return {
            status: 'fail',
            seen: 'identity headers are believed from everywhere',
            location,
          };
        }
      }
      return { status: 'pass', seen: 'so' };
    }),
  examples: {
    pass: [
      exampleService({ image: 'grafana/grafana:12.2.0' }),
      exampleService({
        image: 'grafana/grafana:12.2.0',
        environment: { [proxy]: 'true', [whitelist]: '172.20.0.2', [anonymous]: 'false' },
      }),
    ],
    fail: [
      exampleService({ image: 'grafana/grafana:12.2.0', environment: { [anonymous]: 'true' } }),
      exampleService({ image: 'grafana/grafana:12.2.0', environment: { [proxy]: 'true' } }),
    ],
  },
};
