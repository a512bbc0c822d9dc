import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { postgresService, queryPostgres, tryPostgres } from '../position/psql.ts';
import { postgresImage, withPostgres } from '../position/with-postgres.ts';
import { hbaLines } from './superuser.ts';

const id = 'MED-005';
const hbaFile = `config/${postgresService}/pg_hba.conf`;

export const databaseTransport: Control = {
  id,
  title: 'Postgres takes TLS and SCRAM only, and has pgcrypto',
  severity: 'medium',
  domain: 'data',
  subject: 'database',
  why: 'Without TLS a password and every row pass in the clear; md5 hashes can be replayed.',
  references: ['J-PG-02', 'J-PG-03', 'J-PG-04'],
  blindSpots: [
    'None of this encrypts the data on the disk: pgcrypto encrypts what an application encrypts with it. For encryption at rest, put the volumes on an encrypted disk.',
  ],
  remedy:
    'Keep hostssl and scram-sha-256 in pg_hba, ssl = on and password_encryption = scram-sha-256.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === postgresService)) return [];
    const lines = hbaLines(project.files.get(hbaFile));
    const weak = lines?.filter(
      ([type = '', , , , method = '']) =>
        type.startsWith('host') &&
        method !== 'reject' &&
        !(type === 'hostssl' && method === 'scram-sha-256'),
    );
    return [
      {
        subject: postgresService,
        file: hbaFile,
        location: ['host'],
        expected: 'hostssl and scram-sha-256 on each line over the network',
        ...(weak === undefined
          ? { status: 'unknown', seen: 'the file is missing' }
          : { status: weak.length === 0 ? 'pass' : 'fail', seen: `${weak.length} other lines` }),
      } satisfies StaticResult,
    ];
  },
  probe: (context) =>
    withPostgres(context, async (from) => {
      const base = { subject: postgresService, from };
      const value = async (sql: string, database?: string): Promise<string> =>
        (await queryPostgres(context, sql, database))[0]?.[0] ?? '';
      const check = (read: string, expected: string, seen: string): Reading => ({
        ...base,
        read,
        expected,
        status: seen === expected ? 'pass' : 'fail',
        seen,
      });
      const readings = [
        check('ssl', 'on', await value('SHOW ssl')),
        check('password_encryption', 'scram-sha-256', await value('SHOW password_encryption')),
        check(
          'pg_authid: passwords that are not SCRAM',
          '0',
          await value(
            "SELECT count(*) FROM pg_authid WHERE rolpassword IS NOT NULL AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'",
          ),
        ),
        check(
          'pg_hba_file_rules: network lines without TLS or SCRAM',
          '0',
          await value(
            "SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL OR (type LIKE 'host%' AND auth_method <> 'reject' AND (type <> 'hostssl' OR auth_method <> 'scram-sha-256'))",
          ),
        ),
        check(
          'pg_stat_ssl: connections over the network without TLS',
          '0',
          await value(
            'SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.client_addr IS NOT NULL AND NOT s.ssl',
          ),
        ),
      ];
      const version = await value('SHOW ssl_min_protocol_version');
      readings.push({
        ...base,
        read: 'ssl_min_protocol_version',
        expected: 'TLSv1.2 or TLSv1.3',
        status: ['TLSv1.2', 'TLSv1.3'].includes(version) ? 'pass' : 'fail',
        seen: version,
      });
      for (const need of context.stack.postgres) {
        if (!need.extensions.includes('pgcrypto')) continue;
        const sql = "SELECT count(*) FROM pg_extension WHERE extname = 'pgcrypto'";
        const found = await value(sql, need.database);
        readings.push(check(`pg_extension pgcrypto in ${need.database}`, '1', found));
      }
      return readings;
    }),
  attack: (context) =>
    withPostgres(context, async () => {
      const image = postgresImage(context);
      const readings: Reading[] = [];
      for (const need of context.stack.postgres) {
        if (!context.containers.has(need.service)) continue;
        const { role, database } = need;
        const login = { role, database, password: await context.readSecret(need.secret) };
        const from = context.containers.get(need.service)?.name ?? need.service;
        const position = { service: need.service };
        const tries = [
          { read: 'sslmode=disable', options: { sslmode: 'disable' as const } },
          { read: 'md5', options: { sslmode: 'require' as const, requireAuth: 'md5' } },
          {
            read: 'password in the clear',
            options: { sslmode: 'require' as const, requireAuth: 'password' },
          },
        ];
        for (const { read, options } of tries) {
          const attempt = await tryPostgres(context, position, image, { ...login, ...options }, []);
          readings.push({
            subject: need.service,
            read: `a connection of ${role} with ${read}`,
            from,
            expected: 'refused',
            status:
              attempt.outcome === 'refused'
                ? 'pass'
                : attempt.outcome === 'connected'
                  ? 'fail'
                  : 'unknown',
            seen: attempt.outcome === 'connected' ? 'connected' : attempt.reason,
          });
        }
      }
      return readings;
    }),
  examples: {
    pass: [exampleOf('local all all peer\nhostssl a a samenet scram-sha-256\n')],
    fail: [
      exampleOf('host a a samenet scram-sha-256\n'),
      exampleOf('hostssl a a samenet md5\n'),
      exampleOf('host all all all trust\n'),
    ],
  },
};

function exampleOf(hba: string) {
  return exampleProject({
    stack: { services: [{ name: postgresService } as never] },
    files: { [hbaFile]: hba },
  });
}
