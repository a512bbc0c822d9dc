import { exampleService } from '../compose/example.ts';
import { hasOwnHba } from '../compose/postgres-settings.ts';
import { optionOf, programWords } from '../compose/program-words.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-PG-02';
const isPostgres = {
  is: ({ program }: ServiceView) => program === 'postgres',
  not: 'not Postgres',
  expected: 'no trust over the network',
};
/** Options of initdb that write the rules for connections over the network. */
const options = ['--auth', '-A', '--auth-host'];

export const trustAuthentication: Control = {
  id,
  title: 'initdb is not told to trust connections over the network',
  severity: 'high',
  domain: 'data',
  subject: 'database',
  why: 'Lines with trust in pg_hba.conf let anybody who reaches the port be any role, the superuser too, without a password.',
  references: ['J-PG-02', 'MED-005', 'CIS PostgreSQL Benchmark 5'],
  blindSpots: [
    'A mounted pg_hba.conf is not read. Lines that were written to the data folder at an earlier start stay until they are edited there.',
    'md5 instead of scram-sha-256 is not reported: old clients may need it.',
  ],
  remedy: 'Write --auth-host=scram-sha-256 in POSTGRES_INITDB_ARGS, or take the option out.',
  static: (model) =>
    checkPrograms(model, id, isPostgres, (view) => {
      const key = ['POSTGRES_INITDB_ARGS', 'POSTGRESQL_INITDB_ARGS'].find(
        (name) => (view.environment.get(name) ?? '') !== '',
      );
      const ofVariable = key === undefined ? [] : (view.environment.get(key) ?? '').split(/\s+/);
      const words = programWords(view);
      if (options.some((option) => optionOf(ofVariable, option) === 'trust')) {
        const location = placeOf(view, 'environment', key ?? '');
        return { status: 'fail', seen: `${key ?? ''} asks for trust`, location };
      }
      if (options.some((option) => optionOf(words, option) === 'trust')) {
        const at = view.entrypoint.length > 0 ? 'entrypoint' : 'command';
        const location = placeOf(view, at);
        return { status: 'fail', seen: 'initdb is called with trust', location };
      }
      // What Jacker's own file says is MED-005's matter.
      if (!view.known && hasOwnHba(view)) {
        return { status: 'unknown', seen: 'a file of its own decides' };
      }
      return { status: 'pass', seen: 'not asked for' };
    }),
  examples: {
    pass: [
      exampleService({ image: 'postgres:17' }),
      exampleService({
        image: 'postgres:17',
        environment: { POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --auth-local=trust' },
      }),
    ],
    fail: [
      exampleService({
        image: 'postgres:17',
        environment: { POSTGRES_INITDB_ARGS: '--data-checksums --auth=trust' },
      }),
      exampleService({ image: 'postgres:17', environment: { POSTGRES_INITDB_ARGS: '-A trust' } }),
      exampleService({
        image: 'postgis/postgis:17-3.5',
        command: ['sh', '-c', 'initdb --auth-host=trust && exec postgres'],
      }),
    ],
  },
};
