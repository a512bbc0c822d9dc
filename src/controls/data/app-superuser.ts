import { isBackup } from '../compose/backup-tools.ts';
import { postgresSuperuser } from '../compose/postgres-settings.ts';
import { storeLogins, type StoreLogin } from '../compose/store-logins.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult, Status } from '../control.ts';

const id = 'J-PG-01';
const expected = 'a role of its own, not the superuser';

export const appSuperuser: Control = {
  id,
  title: 'Applications do not sign in to Postgres as the superuser',
  severity: 'high',
  domain: 'data',
  subject: 'service',
  why: 'POSTGRES_USER is a superuser: with COPY FROM PROGRAM it runs programs on the server, and it reads every database there. One hole in the application opens all of that.',
  references: ['J-PG-01', 'HIGH-006', 'CIS PostgreSQL Benchmark 4.3'],
  blindSpots: [
    'Only what environment variables say is read; a login in a mounted file, or one that the program has by default, is not seen.',
    'A role that an init script makes a superuser afterwards is not known as one.',
  ],
  remedy:
    'Create a role and a database for the application in a script under /docker-entrypoint-initdb.d, and give it that role.',
  static: (model) => {
    const { byClient } = storeLogins(model);
    return viewOf(model).services.map((view): StaticResult => {
      const base = {
        subject: view.name,
        expected,
        location: ['services', view.name, 'environment'],
      };
      const logins = (byClient.get(view.name) ?? []).filter(
        ({ store, user }) => store?.program === 'postgres' && user !== undefined,
      );
      // Dumps of all databases and the administration pages are the superuser's own work.
      if (logins.length === 0 || isBackup(view) || view.role === 'database-ui') {
        return { ...base, status: 'not-applicable', seen: 'no login to Postgres' };
      }
      const judged = logins.map((login) => ({ login, status: judge(login) }));
      const worst =
        judged.find(({ status }) => status === 'fail') ??
        judged.find(({ status }) => status === 'unknown');
      if (!worst) return { ...base, status: 'pass', seen: 'a role of its own' };
      const { key, store } = worst.login;
      return {
        ...base,
        status: worst.status,
        location: [...base.location, key],
        seen:
          worst.status === 'fail'
            ? `${key} names the superuser of ${store?.name ?? ''}`
            : `a variable without a value in ${key}, or in POSTGRES_USER of ${store?.name ?? ''}`,
      };
    });
  },
  examples: {
    pass: [
      exampleOf({ DATABASE_URL: 'postgres://app:x@db:5432/app' }),
      exampleOf({ DB_HOST: 'db', DB_USER: 'app' }, { POSTGRES_USER: 'owner' }),
    ],
    fail: [
      exampleOf(
        { DATABASE_URL: 'postgresql+asyncpg://owner:x@db/app' },
        { POSTGRES_USER: 'owner' },
      ),
      exampleOf({ DATABASE_URL: 'postgres://postgres@db/app' }),
      exampleOf({ PGHOST: 'db', PGUSER: 'postgres' }),
      exampleOf({ APP_DBHOST: 'db:5432', APP_DBUSER: '${U}' }, { POSTGRES_USER: '${U}' }),
      exampleOf(
        { KC_DB_URL: 'jdbc:postgresql://db/kc', KC_DB_USERNAME: 'kc' },
        { POSTGRES_USER: 'kc' },
      ),
    ],
  },
};

function judge({ store, user }: StoreLogin): Status {
  const superuser = store && postgresSuperuser(store);
  if (superuser === undefined || user === undefined) return 'unknown';
  // Two equal texts are one user, whatever the variable in them will be.
  if (superuser === user) return 'fail';
  return superuser.includes('$') || user.includes('$') ? 'unknown' : 'pass';
}

function exampleOf(app: Record<string, string>, db: Record<string, string> = {}): StaticModel {
  return {
    document: {
      services: {
        app: { image: 'example/app:1', environment: app },
        db: { image: 'postgres:17', environment: db },
      },
    },
  };
}
