import { exampleService } from '../compose/example.ts';
import type { Control } from '../control.ts';
import { judgeEnvironment } from './environment-credentials.ts';

const id = 'J-CRD-02';

export const addressCredential: Control = {
  id,
  title: 'No password is written into an address or connection string',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'An address is logged, shown in errors and sent in reports of crashes, and the password in it goes along.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-190 4.1.4'],
  blindSpots: [
    'What an application writes into its log is not seen.',
    'A password that a variable puts into the address passes: many programs take it nowhere else.',
    'A known password there is the matter of J-CRD-05.',
  ],
  remedy:
    'Take the password out of the address and give it as a file, or where the program takes only an address put it in with a variable: postgres://app:${DB_PASSWORD:?}@db/app.',
  static: (model) =>
    judgeEnvironment(model, 'no password in an address', ({ kind }) =>
      kind === 'address' ? 'fail' : 'pass',
    ),
  examples: {
    pass: [
      exampleService({ environment: { DATABASE_URL: 'postgres://app:${DB_PASSWORD}@db/app' } }),
      exampleService({
        environment: {
          REDIS_URL: 'redis://cache:6379/0',
          SENTRY_DSN: 'https://0123456789abcdef@sentry.example.com/1',
          DB_PASSWORD_FILE: '/run/secrets/db',
        },
      }),
    ],
    fail: [
      exampleService({ environment: { DATABASE_URL: 'postgres://app:v9Xk2mQ7pLr4Tz8W@db/app' } }),
      exampleService({ environment: { CACHE: 'redis://:v9Xk2mQ7pLr4Tz8W@cache:6379' } }),
      exampleService({
        environment: {
          ConnectionStrings__Main: 'Server=db;Database=app;User Id=app;Password=v9Xk2mQ7pLr4Tz8W;',
        },
      }),
    ],
  },
};
