import { configTexts } from '../compose/config-texts.ts';
import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-EDG-17';
const isTraefik = {
  is: ({ program }: ServiceView) => program === 'traefik',
  not: 'not Traefik',
  expected: 'values, and no variable',
};
/** Traefik expands neither; Go templates of the file provider are written {{ env "X" }}. */
const variable = /\$\{[A-Za-z_][A-Za-z0-9_]{0,100}[^}]{0,200}\}/;

export const unexpandedVariable: Control = {
  id,
  title: 'No variable is left in what Traefik reads',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'Traefik takes ${DOMAIN} in its arguments and static configuration for these very letters: an address or a resolver with it exists nowhere, and certificates are never issued.',
  references: [
    'https://doc.traefik.io/traefik/getting-started/configuration-overview/',
    'HIGH-005',
  ],
  blindSpots: [
    'A mounted configuration file is read where it lies beside the Compose file.',
    'Where a shell starts Traefik, it expands variables first: then nothing is said.',
  ],
  remedy:
    'Let Compose put the value in: ${DOMAIN} instead of $${DOMAIN}, in the arguments or in a config with content. A secret goes into a file that Traefik has an option for.',
  static: (model) =>
    checkPrograms(model, id, isTraefik, (view) => {
      if (hasShell(view)) return { status: 'pass', seen: 'a shell starts it' };
      const index = view.command.findIndex((word) => variable.test(word));
      if (index >= 0 && !view.isOpen('command')) {
        const inList = Array.isArray(view.service.command) ? [String(index)] : [];
        return {
          status: 'fail',
          seen: 'a variable in the arguments',
          location: placeOf(view, 'command', ...inList),
        };
      }
      const text = configTexts(model, view).find((one) => variable.test(one.text));
      return text === undefined
        ? { status: 'pass', seen: 'so' }
        : { status: 'fail', seen: `a variable in ${text.target}`, location: text.location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'traefik:v3.6', command: ['--providers.docker=true'] }),
      exampleService({
        image: 'traefik:v3.6',
        entrypoint: ['sh', '-c'],
        command: ['exec traefik --certificatesresolvers.le.acme.email=${MAIL}'],
      }),
    ],
    fail: [
      {
        ...exampleService({
          image: 'traefik:v3.6',
          command: ['--certificatesresolvers.le.acme.email=${MAIL}'],
        }),
        open: new Map(),
      },
      {
        ...exampleService({ image: 'traefik:v3.6', volumes: ['./traefik:/etc/traefik:ro'] }),
        mountedFiles: [
          {
            service: 'app',
            target: '/etc/traefik/traefik.yml',
            path: 'traefik/traefik.yml',
            text: 'certificatesResolvers:\n  le:\n    acme:\n      email: ${MAIL}\n',
          },
        ],
      },
      ofConfig('certificatesResolvers:\n  le:\n    acme:\n      email: ${MAIL}\n'),
    ],
  },
};

function hasShell(view: ServiceView): boolean {
  return /(^|\/)(ba|da|a)?sh$/.test(view.entrypoint[0] ?? view.command[0] ?? '');
}

function ofConfig(content: string): StaticModel {
  return {
    document: {
      services: {
        edge: {
          image: 'traefik:v3.6',
          configs: [{ source: 'static', target: '/etc/traefik/traefik.yml' }],
        },
      },
      configs: { static: { content } },
    },
  };
}
