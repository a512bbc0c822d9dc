import { storeLogins, type StoreLogin } from '../compose/store-logins.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-PG-04';
const expected = 'a role for each database, and TLS where the connection leaves the stack';
const sql = new Set(['postgres', 'mysql', 'mariadb']);

export const sharedDatabaseRole: Control = {
  id,
  title: 'One role has one database, and connections to other hosts have TLS',
  severity: 'medium',
  domain: 'data',
  subject: 'service',
  why: 'A role that several applications sign in with gives each of them the data of all. Without TLS, everybody on the way to another host reads the password and every row.',
  references: ['J-PG-04', 'HIGH-006', 'MED-005'],
  blindSpots: [
    'Only what environment variables say is read.',
    'Connections inside the stack are not asked for TLS: they stay on networks of one host.',
  ],
  remedy:
    'Give each application a role of its own with rights on its own database alone, and write sslmode=verify-full for a server on another host.',
  static: (model) => {
    const { byClient, byStore } = storeLogins(model);
    const databases = new Map([...byStore].map(([store, logins]) => [store, byUser(logins)]));
    return viewOf(model).services.map((view): StaticResult => {
      const base = {
        subject: view.name,
        expected,
        location: ['services', view.name, 'environment'],
      };
      const logins = (byClient.get(view.name) ?? []).filter(
        ({ store, host, user, plain }) =>
          user !== undefined && (store ? sql.has(store.program ?? '') : plain && isRemote(host)),
      );
      if (logins.length === 0) {
        return { ...base, status: 'not-applicable', seen: 'no login to a database' };
      }
      for (const { key, store, user = '', plain } of logins) {
        const location = [...base.location, key];
        if (!store && plain) {
          return { ...base, status: 'fail', location, seen: `${key}: TLS is turned off` };
        }
        const used = store && databases.get(store.name)?.get(user);
        if (used && used.size > 1) {
          const seen = `${key}: a role that is used for ${used.size} databases`;
          return { ...base, status: 'fail', location, seen };
        }
      }
      return { ...base, status: 'pass', seen: 'so' };
    });
  },
  examples: {
    pass: [
      exampleOf('postgres://one:x@db/one', 'postgres://two:x@db/two'),
      // Two services of one application.
      exampleOf('postgres://one:x@db/one', 'postgres://one:x@db/one'),
    ],
    fail: [
      exampleOf('postgres://app:x@db/one', 'postgres://app:x@db/two'),
      exampleOf('postgres://a:x@db.example.com/a?sslmode=disable', 'postgres://b:x@db/b'),
    ],
  },
};

/** A name without a dot is a service of another stack on this host, most likely. */
function isRemote(host: string): boolean {
  return host.includes('.') && !/^(127\.|host\.docker\.internal$)/.test(host);
}

/** The databases of each user that is known with one. */
function byUser(logins: readonly StoreLogin[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { user, database } of logins) {
    if (user === undefined || database === undefined) continue;
    const databases = users.get(user) ?? new Set();
    users.set(user, databases.add(database));
  }
  return users;
}

function exampleOf(one: string, two: string): StaticModel {
  return {
    document: {
      services: {
        one: { image: 'example/one:1', environment: { DATABASE_URL: one } },
        two: { image: 'example/two:1', environment: { DATABASE_URL: two } },
        db: { image: 'postgres:17' },
      },
    },
  };
}
