import { viewOf } from '../compose/stack-view.ts';
import { traefikLabels } from '../compose/traefik-config.ts';
import { exampleService } from '../compose/example.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-EDG-16';
const expected = 'name@file, or default';

export const namedTlsOptions: Control = {
  id,
  title: 'The TLS options that a router names can be found',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'Labels cannot define TLS options: a name without @file is looked for where it cannot be, and Traefik then takes the router down.',
  references: [
    'MED-006',
    'https://doc.traefik.io/traefik/reference/routing-configuration/http/tls/tls-options/',
  ],
  blindSpots: [
    'Whether a file defines what is named there is not seen; a file that Traefik refuses takes every router with it.',
    'Options of TCP routers are not read.',
  ],
  remedy:
    'Define the options in a file of the file provider, and name them with it: tls.options=modern@file.',
  static: (model) => {
    const { byName } = viewOf(model);
    return traefikLabels(model).routers.flatMap((router): StaticResult[] => {
      const name = router.tls?.['options'];
      if (name === undefined) return [];
      const view = byName.get(router.service);
      const label = [...(view?.labels.keys() ?? [])].find(
        (one) =>
          one.toLowerCase() === `traefik.http.routers.${router.name}.tls.options`.toLowerCase(),
      );
      const holds = name === 'default' || name.includes('@') || name.includes('$');
      return [
        {
          subject: router.name,
          status: holds && !name.endsWith('@docker') ? 'pass' : 'fail',
          expected,
          seen: name || 'an empty name',
          location: ['services', router.service, 'labels', ...(label === undefined ? [] : [label])],
        },
      ];
    });
  },
  examples: {
    pass: [routed('modern@file'), routed('default')],
    fail: [routed('modern'), routed('modern@docker')],
  },
};

function routed(options: string): StaticModel {
  return exampleService({
    image: 'ghost:5',
    labels: {
      'traefik.http.routers.app.rule': 'Host(`app.example.com`)',
      'traefik.http.routers.app.tls.options': options,
    },
  });
}
