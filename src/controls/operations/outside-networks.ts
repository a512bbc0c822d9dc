import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-NET-12';
const expected = 'made by Compose';

export const outsideNetworks: Control = {
  id,
  title: 'Networks and volumes of the stack are made by the stack',
  severity: 'info',
  domain: 'operations',
  subject: 'network',
  why: 'Compose refuses the whole project where an external network or volume is not there, on a new host or after a prune, and what is in it, or leads out of it, is not in the file.',
  references: ['https://docs.docker.com/reference/compose-file/networks/#external'],
  blindSpots: [
    'A network that several projects share, such as that of an edge router, has to be made somewhere: which project makes it is not seen.',
  ],
  remedy:
    'Let one project make it (a network with name:), and say in its documentation which others join; take external: true out of everything that only this stack uses.',
  static: (model) =>
    (['networks', 'volumes'] as const).flatMap((kind) =>
      Object.entries(model.document[kind] ?? {}).map(([name, entry]): StaticResult => {
        const external = Boolean((entry as { external?: unknown } | null)?.external);
        return {
          subject: name,
          status: external ? 'fail' : 'pass',
          expected,
          seen: external ? 'made elsewhere' : 'so',
          location: [kind, name, ...(external ? ['external'] : [])],
        };
      }),
    ),
  examples: {
    pass: [
      networked({ front: null, back: { internal: true } }),
      networked({ front: { external: false } }),
    ],
    fail: [
      networked({ edge: { external: true } }),
      { document: { services: {}, volumes: { data: { external: true } as { name?: string } } } },
    ],
  },
};

function networked(networks: NonNullable<StaticModel['document']['networks']>): StaticModel {
  return { document: { services: {}, networks } };
}
