import { exampleService } from '../compose/example.ts';
import { healthTest } from '../compose/health-test.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-HC-02';
const expected = 'a command that can fail and holds no password';
const hasCommand = {
  is: ({ service }: ServiceView) => healthTest(service).length > 0,
  not: 'no check in the file',
  expected,
};
/** Commands that say yes whatever happens, and endings that make any command do so. */
const constant = /^\s*(\/bin\/|\/usr\/bin\/)?(true|:|exit 0|echo( .*)?)\s*;?\s*$/;
const forgiving = /(\|\||;)\s*(true|:|exit 0|\/bin\/true)\s*$/;
/** Clients, and the options with which they take a password: alone before it, or joined to it. */
const clients: readonly { names: readonly string[]; alone: readonly string[]; joined: RegExp }[] = [
  { names: ['redis-cli', 'valkey-cli', 'keydb-cli'], alone: ['-a', '--pass'], joined: /^--pass=./ },
  {
    names: ['mysql', 'mysqladmin', 'mysqlshow', 'mariadb', 'mariadb-admin'],
    alone: [],
    joined: /^(-p|--password=)./,
  },
  { names: ['mongo', 'mongosh'], alone: ['-p', '--password'], joined: /^(-p|--password=)./ },
  // A user's name alone is no password.
  { names: ['curl'], alone: ['-u', '--user'], joined: /^(-u|--user=)[^:]*:./ },
  { names: ['wget'], alone: [], joined: /^--(http-|proxy-|ftp-)?password=./ },
];
const byClient = new Map(
  clients.flatMap((client) => client.names.map((name) => [name, client] as const)),
);
const inAddress = /:\/\/[^/\s:@"']+:[^/\s@"']+@/;
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
      const fault = faultOf(healthTest(view.service));
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
      exampleOf(['CMD-SHELL', 'mysqladmin ping -P 3306 || exit 1']),
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

/** What is wrong with a check, without quoting it; null where nothing is. */
function faultOf(test: readonly string[]): string | null {
  const [kind = '', ...rest] = test;
  const words = kind === 'CMD' || kind === 'CMD-SHELL' ? rest : test;
  const text = words.join(' ');
  const isShell = kind !== 'CMD' || words.some((word) => word === '-c');
  if (constant.test(text) || (isShell && forgiving.test(text))) return 'it always says yes';
  if (inAddress.test(text) || text.split(/[|;&\n]+/).some(showsPassword)) {
    return 'a password among the arguments';
  }
  return literal.test(text) ? 'a password in the command' : null;
}

/** True where one command of a shell gives its program a password as an argument. */
function showsPassword(command: string): boolean {
  const words = command.trim().split(/\s+/);
  const at = words.findIndex((word) => byClient.has(baseName(word)));
  const client = byClient.get(baseName(words[at] ?? ''));
  if (!client) return false;
  return words.some((word, index) => {
    if (index <= at) return false;
    const next = words[index + 1];
    if (client.alone.includes(word)) return next !== undefined && isValue(client.names, next);
    return client.joined.test(word);
  });
}

function isValue(names: readonly string[], word: string): boolean {
  return names.includes('curl') ? word.includes(':') : !word.startsWith('-');
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

function exampleOf(test: string | string[]): StaticModel {
  return exampleService({ healthcheck: { test } });
}
