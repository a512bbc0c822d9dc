import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import { postgresService, queryPostgres, tryPostgres } from '../position/psql.ts';
import { postgresImage, withPostgres } from '../position/with-postgres.ts';

const id = 'CRIT-001';
const secret = 'postgres-superuser';
const hbaFile = `config/${postgresService}/pg_hba.conf`;

export const superuser: Control = {
  id,
  title: "The Postgres superuser exists on the server's own socket only",
  severity: 'critical',
  domain: 'data',
  subject: 'database',
  why: 'The superuser reads every database and runs programs on the server. An application that has its password hands all of that to whoever takes the application over.',
  references: ['J-PG-01', 'J-PG-02', 'OWASP Docker Security Cheat Sheet rule 12'],
  blindSpots: [
    "Whoever may run commands in the container as the server's user is superuser: that is the engine's matter.",
  ],
  remedy:
    'Let pg_hba name the superuser on `local` lines only, and give each application its own role.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === postgresService)) return [];
    const base = { subject: postgresService };
    const lines = hbaLines(project.files.get(hbaFile));
    const open = lines?.filter(
      ([type, , user, , method]) =>
        type?.startsWith('host') && ['all', 'postgres'].includes(user ?? '') && method !== 'reject',
    );
    const readers = project.stack.secrets.find((known) => known.name === secret)?.readers ?? [];
    const others = readers.filter((reader) => reader !== postgresService);
    return [
      {
        ...base,
        file: hbaFile,
        location: ['postgres'],
        expected: 'no line for it over the network',
        ...(open === undefined
          ? { status: 'unknown', seen: 'the file is missing' }
          : { status: open.length === 0 ? 'pass' : 'fail', seen: `${open.length} lines` }),
      } satisfies StaticResult,
      {
        ...base,
        location: ['secrets', secret],
        expected: `read by ${postgresService} alone`,
        status: others.length === 0 ? 'pass' : 'fail',
        seen: readers.join(', ') || 'nobody',
      },
    ];
  },
  probe: (context) =>
    withPostgres(context, async (from) => {
      const open = await queryPostgres(
        context,
        `SELECT line_number FROM pg_hba_file_rules
         WHERE type <> 'local' AND auth_method <> 'reject'
           AND (user_name && ARRAY['all', 'postgres'] OR error IS NOT NULL)`,
      );
      const supers = (
        await queryPostgres(context, 'SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY 1')
      ).map(([name]) => name ?? '');
      const clients = await queryPostgres(
        context,
        `SELECT DISTINCT usename FROM pg_stat_activity
         WHERE client_addr IS NOT NULL AND usename IN (SELECT rolname FROM pg_roles WHERE rolsuper)`,
      );
      return [
        reading(
          from,
          'pg_hba_file_rules',
          'no line for it over the network',
          open.length === 0,
          `${open.length} lines`,
        ),
        reading(
          from,
          'pg_roles rolsuper',
          'postgres alone',
          supers.join() === 'postgres',
          supers.join(', '),
        ),
        reading(
          from,
          'pg_stat_activity',
          'no connection of a superuser over the network',
          clients.length === 0,
          `${clients.length} connections`,
        ),
      ];
    }),
  attack: (context) =>
    withPostgres(context, async () => {
      const password = await context.readSecret(secret);
      const image = postgresImage(context);
      return Promise.all(
        places(context).map(async (service): Promise<Reading> => {
          const attempt = await tryPostgres(
            context,
            { service },
            image,
            { role: 'postgres', password, database: 'postgres', sslmode: 'require' },
            [],
          );
          return {
            subject: postgresService,
            read: 'a connection as postgres with the right password',
            from: context.containers.get(service)?.name ?? service,
            expected: 'refused',
            status:
              attempt.outcome === 'refused'
                ? 'pass'
                : attempt.outcome === 'connected'
                  ? 'fail'
                  : 'unknown',
            seen:
              attempt.outcome === 'connected'
                ? 'connected'
                : `${attempt.outcome}: ${attempt.reason}`,
          };
        }),
      );
    }),
  examples: {
    pass: [
      exampleOf('local all postgres peer\nhostssl app app samenet scram-sha-256\n', ['postgres']),
    ],
    fail: [
      exampleOf('host all all 0.0.0.0/0 scram-sha-256\n', ['postgres']),
      exampleOf('local all postgres peer\n', ['app', 'postgres']),
    ],
  },
};

/** The lines of a pg_hba.conf as their fields; null where there is none. */
export function hbaLines(text: string | undefined): string[][] | undefined {
  return text
    ?.split('\n')
    .map((line) => line.replace(/#.*$/, '').trim().split(/\s+/))
    .filter(([type]) => type !== undefined && type !== '');
}

/** The services that share a network with Postgres. */
function places(context: ProbeContext): string[] {
  return context.stack.postgres
    .map((need) => need.service)
    .filter((service) => context.containers.has(service));
}

function reading(
  from: string,
  read: string,
  expected: string,
  holds: boolean,
  seen: string,
): Reading {
  return { subject: postgresService, read, from, expected, status: holds ? 'pass' : 'fail', seen };
}

function exampleOf(hba: string, readers: readonly string[]) {
  return exampleProject({
    stack: {
      services: [{ name: postgresService } as never],
      secrets: [{ name: secret, kind: 'password', help: 'x', owner: 'postgres', readers }],
    },
    files: { [hbaFile]: hba },
  });
}
