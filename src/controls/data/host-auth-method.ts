import { exampleService } from '../compose/example.ts';
import { isOpenText, isTrue } from '../compose/program-words.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-PG-03';
const isPostgres = {
  is: ({ program }: ServiceView) => program === 'postgres',
  not: 'not Postgres',
  expected: 'a password is asked for',
};

export const hostAuthMethod: Control = {
  id,
  title: 'Postgres does not let everybody in without a password',
  severity: 'critical',
  domain: 'data',
  subject: 'database',
  grant: true,
  why: 'With POSTGRES_HOST_AUTH_METHOD=trust whoever reaches the port is the superuser by saying so, and runs programs on the server.',
  references: [
    'J-PG-03',
    'CIS PostgreSQL Benchmark 5',
    'OWASP Docker Security Cheat Sheet rule 12',
  ],
  blindSpots: [
    'The variable counts at the first start only: a data folder that was made with it stays open after it is gone.',
  ],
  remedy:
    'Take the variable out, set POSTGRES_PASSWORD_FILE, and take the trust line out of pg_hba.conf in the data folder.',
  static: (model) =>
    checkPrograms(model, id, isPostgres, (view) => {
      const isBitnami = /(^|\/)bitnami/.test(view.image.path);
      const method = view.environment.get('POSTGRES_HOST_AUTH_METHOD') ?? '';
      const trusted =
        method.toLowerCase() === 'trust'
          ? 'POSTGRES_HOST_AUTH_METHOD'
          : isBitnami && isTrue(view.environment.get('ALLOW_EMPTY_PASSWORD'))
            ? 'ALLOW_EMPTY_PASSWORD'
            : undefined;
      if (trusted === undefined) {
        // The image starts with a password only, unless one of the two says otherwise.
        return isOpenText(view, 'environment', method)
          ? { status: 'unknown', seen: 'a variable in POSTGRES_HOST_AUTH_METHOD' }
          : { status: 'pass', seen: 'so' };
      }
      const location = placeOf(view, 'environment', trusted);
      return { status: 'fail', seen: `${trusted} lets everybody in`, location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'postgres:17' }),
      exampleService({
        image: 'postgres:17',
        environment: { POSTGRES_HOST_AUTH_METHOD: 'scram-sha-256' },
      }),
    ],
    fail: [
      exampleService({ image: 'postgres:17', environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' } }),
      exampleService({
        image: 'ghcr.io/immich-app/postgres:14',
        environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
      }),
      exampleService({
        image: 'bitnami/postgresql:17',
        environment: { ALLOW_EMPTY_PASSWORD: 'yes' },
      }),
    ],
  },
};
