import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Role } from '../compose/roles.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-HC-03';
const stores: readonly (Role | undefined)[] = ['database', 'cache', 'queue', 'search'];

export const startOrder: Control = {
  id,
  title: 'Services wait until their database answers',
  severity: 'info',
  domain: 'operations',
  subject: 'service',
  why: 'depends_on alone waits for the start of a container, not for the server in it: the first minutes after a reboot are errors, and some services give up.',
  references: ['J-HC-03', 'https://docs.docker.com/compose/how-tos/startup-order/'],
  blindSpots: ['A service that waits by itself needs no condition; that is not seen.'],
  remedy: 'Write depends_on with condition: service_healthy, and give the database a healthcheck.',
  static: (model) => {
    const { byName } = viewOf(model);
    const storesOf = (view: ServiceView): [string, unknown][] =>
      dependenciesOf(view).filter(([name]) => stores.includes(byName.get(name)?.role));
    const applies = {
      is: (view: ServiceView) => storesOf(view).length > 0,
      not: 'depends on no data store',
      expected: 'condition: service_healthy',
    };
    return checkPrograms(model, id, applies, (view) => {
      const hasty = storesOf(view).find(([, condition]) => condition !== 'service_healthy');
      if (!hasty) return { status: 'pass', seen: 'so' };
      const location = placeOf(view, 'depends_on', hasty[0]);
      return { status: 'fail', seen: `waits for the start of ${hasty[0]} only`, location };
    });
  },
  examples: {
    pass: [exampleOf({ db: { condition: 'service_healthy' } })],
    fail: [
      exampleOf({ db: { condition: 'service_started' } }),
      exampleOf({ db: null }),
      exampleOf(['db']),
    ],
  },
};

/** The services that one waits for, and for what of them. */
function dependenciesOf({ service }: ServiceView): [string, unknown][] {
  const named: unknown = service.depends_on ?? {};
  if (Array.isArray(named)) return named.map((name) => [String(name), undefined]);
  return Object.entries(named as Record<string, { condition?: unknown } | null>).map(
    ([name, value]) => [name, value?.condition],
  );
}

function exampleOf(dependsOn: unknown): StaticModel {
  const app = { image: 'example/app:1', depends_on: dependsOn } as ComposeService;
  return { document: { services: { app, db: { image: 'postgres:17' } } } };
}
