import { exampleService } from '../compose/example.ts';
import type { Control, StaticModel } from '../control.ts';
import { judgeEnvironment } from './environment-credentials.ts';

const id = 'J-CRD-01';

export const literalCredential: Control = {
  id,
  title: 'No credential is written into the Compose file',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'A Compose file is copied, shown to others and kept in version control for ever, and with it every password in it.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-190 4.1.4'],
  blindSpots: [
    'A credential is known by the name of its variable: one under another name is not seen.',
    'Tokens that another party issued look like any text; a placeholder in their place is not taken for one.',
    'A known password is the matter of J-CRD-05, one in an address of J-CRD-02, a weak one of J-CRD-08.',
  ],
  remedy:
    'Give it as a file: secrets: in Compose and the variable with _FILE where the image knows it. Otherwise take it from a file that is not kept in version control: ${DB_PASSWORD:?}.',
  static: (model) =>
    judgeEnvironment(model, 'no credential in the file itself', ({ kind }) =>
      kind === 'written' ? 'fail' : 'pass',
    ),
  examples: {
    pass: [
      exampleService({ environment: { DB_PASSWORD_FILE: '/run/secrets/db', TZ: 'UTC' } }),
      exampleService({
        environment: {
          DB_PASSWORD: '${DB_PASSWORD}',
          ADMIN_TOKEN: '$argon2id$v=19$m=65540,t=3,p=4$bXlzYWx0$aGFzaA',
          NEXT_PUBLIC_MAP_TOKEN: 'pk.eyJ1IjoiYWRhIn0.x9x9x9x9',
          OPENAI_MAX_TOKENS: '4096',
          SLACK_TOKEN: '<your-token>',
        },
      }),
      fromOutside({ DB_PASSWORD: ['v9Xk2mQ7pLr4Tz8W', '${DB_PASSWORD}', false] }),
      fromOutside({ DB_PASSWORD: ['v9Xk2mQ7pLr4Tz8W', 'v9Xk2mQ7pLr4Tz8W', true] }),
    ],
    fail: [
      exampleService({ environment: { POSTGRES_PASSWORD: 'v9Xk2mQ7pLr4Tz8W' } }),
      exampleService({ environment: ['API_TOKEN=ghp_0123456789abcdefABCDEF'] as never }),
      exampleService({ environment: { SECRET_KEY_BASE: 'f'.repeat(3) + '0d9a8b7c6e5f4a3b2c1d' } }),
      fromOutside({ DB_PASSWORD: ['v9Xk2mQ7pLr4Tz8W', '${DB_PASSWORD:-v9Xk2mQ7pLr4Tz8W}', false] }),
    ],
  },
};

/** A service with values and what they are written as. */
function fromOutside(
  values: Readonly<Record<string, readonly [value: string, written: string, envFile: boolean]>>,
): StaticModel {
  const environment = Object.fromEntries(
    Object.entries(values).map(([key, [value]]) => [key, value]),
  );
  return {
    ...exampleService({ environment }),
    open: new Map(),
    origin: (path) => {
      const found = values[path.at(-1) ?? ''];
      return found && { written: found[1], fromEnvFile: found[2] };
    },
  };
}
