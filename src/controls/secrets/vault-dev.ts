import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-VLT-01';
const isVault = {
  is: ({ program }: ServiceView) => program === 'vault',
  not: 'not Vault',
  expected: 'a server with a configuration',
};

export const vaultDev: Control = {
  id,
  title: 'Vault does not run in development mode',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'The development server is unsealed at once, has no TLS, forgets everything at a restart, and its root token stands in a variable or in the log.',
  references: ['https://developer.hashicorp.com/vault/docs/concepts/dev-server', 'J-CRD-05'],
  blindSpots: ['What a mounted configuration says, of TLS for example, is not read.'],
  remedy:
    'Start it with command: server, and a configuration under /vault/config with storage, a TLS listener and a seal.',
  static: (model) =>
    checkPrograms(model, id, isVault, (view) => {
      const words = programWords(view);
      if (words.some((word) => /^-{1,2}dev(-|=|$)/.test(word))) {
        return { status: 'fail', seen: 'started with -dev', location: placeOf(view, 'command') };
      }
      const token = ['VAULT_DEV_ROOT_TOKEN_ID', 'VAULT_DEV_LISTEN_ADDRESS'].find((name) =>
        view.environment.has(name),
      );
      // The image's own command is `server -dev`.
      if (words.length > 0) return { status: 'pass', seen: 'a command without -dev' };
      const location = token ? placeOf(view, 'environment', token) : placeOf(view, 'image');
      return { status: 'fail', seen: "the image's own command, which is server -dev", location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'hashicorp/vault:1.20', command: 'server' }),
      exampleService({
        image: 'vault:1.13.3',
        command: ['vault', 'server', '-config=/vault/config'],
      }),
    ],
    fail: [
      exampleService({ image: 'hashicorp/vault:1.20' }),
      exampleService({
        image: 'hashicorp/vault:1.20',
        command: 'server -dev -dev-root-token-id=x',
      }),
      exampleService({
        image: 'hashicorp/vault:1.20',
        environment: { VAULT_DEV_ROOT_TOKEN_ID: 'x' },
      }),
    ],
  },
};
