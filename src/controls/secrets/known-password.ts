import { exampleService } from '../compose/example.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { argumentCredentials } from './argument-credentials.ts';
import { judgeEnvironment } from './environment-credentials.ts';

const id = 'J-CRD-05';
const expected = 'a password that is in no list';

export const knownPassword: Control = {
  id,
  title: 'No password is a published default',
  severity: 'critical',
  domain: 'secrets',
  subject: 'service',
  why: 'changeme, postgres and admin are what every scanner tries first; a default in ${DB_PASSWORD:-changeme} holds wherever nobody set another.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-190 4.1.4', 'HIGH-003'],
  blindSpots: [
    'A password from a leak is not known here, only those of documentation and common lists, and the name of the user, service or image.',
    'A variable without a value or default is unknown.',
    'A default that a program has where nothing is set is the matter of the controls of that program.',
  ],
  remedy:
    'Generate one: openssl rand -hex 32. Write ${DB_PASSWORD:?} instead of a default, so that nothing starts without one.',
  static: (model) => [
    ...judgeEnvironment(model, expected, ({ kind }) =>
      kind === 'known' ? 'fail' : kind === 'open' ? 'unknown' : 'pass',
    ),
    ...inArguments(model),
  ],
  examples: {
    pass: [
      exampleService({ environment: { POSTGRES_PASSWORD_FILE: '/run/secrets/db' } }),
      exampleService({ environment: { POSTGRES_PASSWORD: 'v9Xk2mQ7pLr4Tz8W', TZ: 'UTC' } }),
    ],
    fail: [
      exampleService({ environment: { POSTGRES_PASSWORD: 'changeme' } }),
      exampleService({ environment: { POSTGRES_USER: 'umami', POSTGRES_PASSWORD: 'umami' } }),
      exampleService({ environment: { MYSQL_ROOT_PASSWORD: 'my-secret-pw' } }),
      exampleService({ environment: { JWT_SECRET: 'your-super-secret-key' } }),
      exampleService({ environment: { DATABASE_URL: 'postgres://postgres:postgres@db/app' } }),
      exampleService({ command: ['redis-server', '--requirepass', 'changeme'] }),
    ],
  },
};

function inArguments(model: StaticModel): StaticResult[] {
  return [...argumentCredentials(model)].flatMap(([subject, credentials]) =>
    credentials
      .filter(({ isKnown }) => isKnown)
      .map(({ name, location }): StaticResult => ({
        subject,
        status: 'fail',
        expected,
        seen: name,
        location,
      })),
  );
}
