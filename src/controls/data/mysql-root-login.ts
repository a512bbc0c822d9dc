import { isBackup } from '../compose/backup-tools.ts';
import { viewOf } from '../compose/stack-view.ts';
import { storeLogins } from '../compose/store-logins.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-MYS-02';
const expected = 'a user of its own, not root';

export const mysqlRootLogin: Control = {
  id,
  title: 'Applications do not sign in to MySQL as root',
  severity: 'high',
  domain: 'data',
  subject: 'service',
  why: 'root reads every database and may write files on the server. One hole in the application opens all of that.',
  references: ['CIS MySQL Benchmark 5', 'J-PG-01'],
  blindSpots: [
    'Only what environment variables say is read; a login in a mounted file, or one that the program has by default, is not seen.',
  ],
  remedy:
    'Set MYSQL_USER, MYSQL_DATABASE and MYSQL_PASSWORD_FILE at the server, and sign in as that user.',
  static: (model) => {
    const { byClient } = storeLogins(model);
    return viewOf(model).services.map((view): StaticResult => {
      const base = {
        subject: view.name,
        expected,
        location: ['services', view.name, 'environment'],
      };
      const logins = (byClient.get(view.name) ?? []).filter(
        ({ store, user }) =>
          (store?.program === 'mysql' || store?.program === 'mariadb') && user !== undefined,
      );
      if (logins.length === 0 || isBackup(view) || view.role === 'database-ui') {
        return { ...base, status: 'not-applicable', seen: 'no login to MySQL' };
      }
      const root = logins.find(({ user }) => user === 'root');
      if (root) {
        const seen = `${root.key} names root of ${root.store?.name ?? ''}`;
        return { ...base, status: 'fail', seen, location: [...base.location, root.key] };
      }
      const open = logins.find(({ user }) => user?.includes('$'));
      return open
        ? { ...base, status: 'unknown', seen: `a variable without a value in ${open.key}` }
        : { ...base, status: 'pass', seen: 'a user of its own' };
    });
  },
  examples: {
    pass: [
      exampleOf({ WORDPRESS_DB_HOST: 'db:3306', WORDPRESS_DB_USER: 'wordpress' }),
      exampleOf({ DATABASE_URL: 'mysql://app:x@db/app' }),
    ],
    fail: [
      exampleOf({ WORDPRESS_DB_HOST: 'db', WORDPRESS_DB_USER: 'root' }),
      exampleOf({ DATABASE_URL: 'mysql+pymysql://root:x@db:3306/app' }),
      exampleOf({ DSN: 'root:x@tcp(db:3306)/app?parseTime=true' }),
    ],
  },
};

function exampleOf(environment: Record<string, string>): StaticModel {
  return {
    document: {
      services: { app: { image: 'example/app:1', environment }, db: { image: 'mariadb:11.8' } },
    },
  };
}
