import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-HC-02';
const expected = 'a command that can fail and holds no password';
const hasCommand = {
  is: ({ service }: ServiceView) =>
    service.healthcheck?.disable !== true && testOf(service.healthcheck?.test).length > 0,
  not: 'no check in the file',
  expected,
};
/** Commands that say yes whatever happens, and endings that make any command do so. */
const constant = /^\s*(\/bin\/|\/usr\/bin\/)?(true|:|exit 0|echo( .*)?)\s*;?\s*$/;
const forgiving = /(\|\||;)\s*(true|:|exit 0|\/bin\/true)\s*$/;
/** Options that take a password, by the program that takes them. */
const options: readonly RegExp[] = [
  /\b(redis|valkey|keydb)-cli\b[^|;&]*\s(-a|--pass)[\s=]+\S/,
  /\b(mysql|mysqladmin|mariadb|mariadb-admin|mysqlshow)\b[^|;&]*\s(-p(?=[^\s])|--password=?\s*\S)/,
  /\b(mongo|mongosh)\b[^|;&]*\s(-p\s*\S|--password[\s=]+\S)/,
  /\b(curl|wget)\b[^|;&]*\s(-u|--user|--password|--http-password|--proxy-user)[\s=]*["']?[^\s"':]*:?\S/,
  /:\/\/[^/\s:@"']+:[^/\s@"']+@/,
];
/** A name alone, as in `curl --user name`, is no password; neither is a user agent. */
const named = /\b(curl|wget)\b/;
const literal = /\b(PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH)=(?!["']?\$)["']?[^\s"'$]/;

export const healthCommand: Control = {
  id,
  title: 'Health checks can fail, and show no password',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'A check that always says yes hides every fault. A password among the arguments is seen by everybody who may list processes on the host or inspect the container.',
  references: [
    'J-HC-02',
    'J-CRD-04',
    'https://dev.mysql.com/doc/refman/8.4/en/password-security-user.html',
  ],
  blindSpots: [
    'A script that the check calls is not read. Passwords are found by the options of common programs.',
  ],
  remedy:
    'Let the command ask the service for something, and give passwords in a variable or a file: REDISCLI_AUTH, MYSQL_PWD, PGPASSFILE, --defaults-extra-file.',
  static: (model) =>
    checkPrograms(model, id, hasCommand, (view) => {
      const fault = faultOf(testOf(view.service.healthcheck?.test));
      const location = placeOf(view, 'healthcheck', 'test');
      return { status: fault === null ? 'pass' : 'fail', seen: fault ?? 'so', location };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Config.Healthcheck', ({ facts }) => {
      const test = facts.config.healthcheck?.test ?? [];
      if (test.length === 0 || test[0] === 'NONE') {
        return { status: 'not-applicable', expected, seen: 'no check' };
      }
      const fault = faultOf(test);
      return { status: fault === null ? 'pass' : 'fail', expected, seen: fault ?? 'so' };
    }),
  examples: {
    pass: [
      exampleOf(['CMD', 'pg_isready', '-q']),
      exampleOf(['CMD-SHELL', 'curl -f http://localhost/health || exit 1']),
      exampleOf(['CMD', 'redis-cli', 'ping']),
      exampleOf(['CMD-SHELL', 'PGPASSWORD="$POSTGRES_PASSWORD" psql -c "select 1"']),
      exampleOf(['CMD', 'healthcheck.sh', '--connect', '--innodb_initialized']),
      exampleOf('curl -fsS -A check http://127.0.0.1:8080/-/ready'),
      exampleOf(['CMD', 'mysqladmin', 'ping', '-h', 'localhost', '--protocol=tcp']),
    ],
    fail: [
      exampleOf(['CMD', 'true']),
      exampleOf(['CMD-SHELL', 'exit 0']),
      exampleOf('curl -f http://localhost/ || true'),
      exampleOf(['CMD', 'redis-cli', '-a', 'hunter2', 'ping']),
      exampleOf(['CMD-SHELL', 'redis-cli -a "$REDIS_PASSWORD" ping | grep PONG']),
      exampleOf(['CMD', 'mysqladmin', 'ping', '-uroot', '-phunter2']),
      exampleOf(['CMD-SHELL', 'mariadb-admin ping --password=$$(cat /run/secrets/db)']),
      exampleOf(['CMD', 'curl', '-f', '-u', 'elastic:x', 'http://localhost:9200']),
      exampleOf(['CMD-SHELL', 'PGPASSWORD=hunter2 psql -c "select 1"']),
    ],
  },
};

/** The words of a check; none where there is none, or it is turned off. */
function testOf(test: readonly string[] | string | undefined): string[] {
  const words = [test ?? []].flat().map(String);
  return words[0] === 'NONE' || words.join('') === '' ? [] : words;
}

/** What is wrong with a check, without quoting it; null where nothing is. */
function faultOf(test: readonly string[]): string | null {
  const [kind = '', ...rest] = test;
  const words = kind === 'CMD' || kind === 'CMD-SHELL' ? rest : test;
  const text = words.join(' ');
  const isShell = kind !== 'CMD' || words.some((word) => word === '-c');
  if (constant.test(text) || (isShell && forgiving.test(text))) return 'it always says yes';
  const wrong = options.find((option) => option.test(text));
  if (wrong && !(wrong.source.includes('curl') && isNameOnly(text))) {
    return 'a password among the arguments';
  }
  return literal.test(text) ? 'a password in the command' : null;
}

function isNameOnly(text: string): boolean {
  const [, , value = ''] =
    /\s(-u|--user|--password|--http-password|--proxy-user)[\s=]*(\S*)/.exec(text) ?? [];
  return named.test(text) && !/password/.test(text) && !value.includes(':');
}

function exampleOf(test: string | string[]): StaticModel {
  return exampleService({ healthcheck: { test } });
}
