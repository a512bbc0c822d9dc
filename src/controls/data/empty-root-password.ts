import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isTrue, programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-MYS-01';
const isServer = {
  is: ({ program }: ServiceView) => program === 'mysql' || program === 'mariadb',
  not: 'not MySQL or MariaDB',
  expected: 'root has a password',
};
/** The images take any text here as yes. https://hub.docker.com/_/mysql, https://hub.docker.com/_/mariadb */
const allowances = [
  'MYSQL_ALLOW_EMPTY_PASSWORD',
  'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD',
  'MARIADB_ALLOW_EMPTY_PASSWORD',
];
const passwords = [
  'ROOT_PASSWORD',
  'ROOT_PASSWORD_FILE',
  'ROOT_PASSWORD_HASH',
  'RANDOM_ROOT_PASSWORD',
];
const bypass = /^--skip[-_]grant[-_]tables(=(1|on|true))?$/i;

export const emptyRootPassword: Control = {
  id,
  title: "MySQL's root has a password",
  severity: 'critical',
  domain: 'data',
  subject: 'database',
  grant: true,
  why: 'The images let root sign in from every address. Without a password whoever reaches the port owns every database.',
  references: ['CIS MySQL Benchmark 7', 'OWASP Docker Security Cheat Sheet rule 12', 'J-CRD-05'],
  blindSpots: [
    'The variables count at the first start only: a data folder that was made with them stays open after they are gone.',
  ],
  remedy:
    'Set MYSQL_ROOT_PASSWORD_FILE or MARIADB_RANDOM_ROOT_PASSWORD, and ALTER USER on a server that has data.',
  static: (model) =>
    checkPrograms(model, id, isServer, (view) => {
      if (programWords(view).some((word) => bypass.test(word))) {
        const location = placeOf(view, 'command');
        return { status: 'fail', seen: '--skip-grant-tables asks nobody for a password', location };
      }
      const allowed = allowances.find((name) => (view.environment.get(name) ?? '') !== '');
      const isBitnami = /(^|\/)bitnami/.test(view.image.path);
      const empty =
        allowed ??
        (isBitnami && isTrue(view.environment.get('ALLOW_EMPTY_PASSWORD'))
          ? 'ALLOW_EMPTY_PASSWORD'
          : undefined);
      const isSet = ['MYSQL_', 'MARIADB_'].some((prefix) =>
        passwords.some((name) => (view.environment.get(prefix + name) ?? '') !== ''),
      );
      // With a password as well, the images give root that one.
      if (empty === undefined || isSet) return { status: 'pass', seen: 'so' };
      const location = placeOf(view, 'environment', empty);
      return { status: 'fail', seen: `${empty}: root has none`, location };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'mariadb:11.8',
        environment: { MARIADB_ROOT_PASSWORD_FILE: '/run/secrets/r' },
      }),
      exampleService({ image: 'mysql:8.4', environment: { MYSQL_RANDOM_ROOT_PASSWORD: 'yes' } }),
    ],
    fail: [
      exampleService({ image: 'mysql:8.4', environment: { MYSQL_ALLOW_EMPTY_PASSWORD: 'yes' } }),
      exampleService({
        image: 'mariadb:11.8',
        environment: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1' },
      }),
      exampleService({ image: 'mysql:8.4', command: 'mysqld --skip-grant-tables' }),
    ],
  },
};
