import type { PostgresNeed } from '../../catalog/stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import { postgresService, queryPostgres, tryPostgres } from '../position/psql.ts';
import { postgresImage, withPostgres } from '../position/with-postgres.ts';

const id = 'HIGH-006';
const done = '00000';
const denied = '42501';

/** What no application role may do. All of it is rolled back, or harmless where it is not. */
const forbidden: readonly { name: string; sql: string }[] = [
  { name: 'CREATE ROLE', sql: 'CREATE ROLE jacker_probe' },
  { name: 'ALTER DATABASE', sql: "ALTER DATABASE postgres SET work_mem = '1MB'" },
  { name: 'COPY TO PROGRAM', sql: "COPY (SELECT 1) TO PROGRAM 'true'" },
  { name: 'pg_authid', sql: 'SELECT rolpassword FROM pg_authid LIMIT 0' },
  { name: 'pg_read_file', sql: "SELECT length(pg_read_file('PG_VERSION'))" },
  { name: 'SET ROLE', sql: 'SET ROLE postgres' },
  { name: 'ALTER ROLE', sql: 'ALTER ROLE postgres SET work_mem = 1000' },
];
/** What each role needs for its own work. */
const own: readonly { name: string; sql: string }[] = [
  { name: 'a table', sql: 'CREATE TABLE jacker_probe (value int)' },
  { name: 'a query', sql: 'SELECT 1' },
];

export const databaseRoles: Control = {
  id,
  title: 'Each application has its own limited role and database',
  severity: 'high',
  domain: 'data',
  subject: 'database',
  why: 'With one role for all, one broken application reads and changes the data of every other.',
  references: ['J-PG-01', 'J-PG-04', 'OWASP Docker Security Cheat Sheet rule 3'],
  blindSpots: ['What a role does inside its own database is not judged.'],
  remedy:
    'Declare postgres: {database, role} in the manifest of each service; up reconciles the roles.',
  static: ({ project }) =>
    (project?.stack.postgres ?? []).map((need, _, all): StaticResult => {
      const shared = all.filter(
        (other) => other.role === need.role || other.database === need.database,
      );
      return {
        subject: need.service,
        status: shared.length === 1 && need.role !== 'postgres' ? 'pass' : 'fail',
        expected: 'a role and a database of its own',
        seen: `${need.role} on ${need.database}${shared.length > 1 ? ', shared' : ''}`,
        location: ['services', need.service, 'x-jacker', 'postgres'],
      };
    }),
  probe: (context) =>
    withPostgres(context, async (from) => {
      const rows = await queryPostgres(
        context,
        `SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
                (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid),
                (SELECT coalesce(string_agg(datname, ',' ORDER BY datname), '') FROM pg_database d
                  WHERE has_database_privilege(r.oid, d.oid, 'CONNECT') AND datallowconn)
         FROM pg_roles r WHERE rolcanlogin AND rolname <> 'postgres' ORDER BY 1`,
      );
      const wanted = new Map(context.stack.postgres.map((need) => [need.role, need]));
      const base = { subject: postgresService, read: 'pg_roles, pg_database', from };
      const missing = [...wanted.keys()].filter((role) => !rows.some(([name]) => name === role));
      return [
        ...rows.map(([role = '', strong, memberships, databases = '']): Reading => {
          const need = wanted.get(role);
          const limited = strong === 'f' && memberships === '0';
          return {
            ...base,
            subject: need?.service ?? postgresService,
            expected: need ? `${role}: limited, to ${need.database} alone` : 'no such role',
            status: need && limited && databases === need.database ? 'pass' : 'fail',
            seen: `${role}: ${limited ? 'limited' : 'with privileges or memberships'}, to ${databases || 'none'}`,
          };
        }),
        ...missing.map((role): Reading => ({
          ...base,
          subject: wanted.get(role)?.service ?? postgresService,
          expected: `${role} exists`,
          status: 'fail',
          seen: 'there is no such role',
        })),
        ...(await activity(context, from)),
      ];
    }),
  attack: (context) =>
    withPostgres(context, async () => {
      const readings: Reading[] = [];
      for (const need of context.stack.postgres) {
        if (context.containers.has(need.service)) readings.push(...(await attackAs(context, need)));
      }
      return readings;
    }),
  examples: {
    pass: [
      exampleOf([
        ['a', 'a_role', 'a_db'],
        ['b', 'b_role', 'b_db'],
      ]),
    ],
    fail: [
      exampleOf([
        ['a', 'one', 'a_db'],
        ['b', 'one', 'b_db'],
      ]),
      exampleOf([['a', 'postgres', 'a']]),
    ],
  },
};

/** Each connection over the network comes under a role of the stack. */
async function activity(context: ProbeContext, from: string): Promise<Reading[]> {
  const rows = await queryPostgres(
    context,
    'SELECT DISTINCT usename, datname FROM pg_stat_activity WHERE client_addr IS NOT NULL',
  );
  const foreign = rows.filter(
    ([role, database]) =>
      !context.stack.postgres.some((need) => need.role === role && need.database === database),
  );
  return [
    {
      subject: postgresService,
      read: 'pg_stat_activity',
      from,
      expected: 'each connection under its own role, in its own database',
      status: foreign.length === 0 ? 'pass' : 'fail',
      seen: (foreign.length > 0 ? foreign : rows).map((row) => row.join('@')).join(', ') || 'none',
    },
  ];
}

async function attackAs(context: ProbeContext, need: PostgresNeed): Promise<Reading[]> {
  const password = await context.readSecret(need.secret);
  const image = postgresImage(context);
  const login = { role: need.role, password, sslmode: 'require' as const };
  const base = { subject: need.service, from: context.containers.get(need.service)?.name ?? '' };
  const position = { service: need.service };
  const acts = [...own, ...forbidden];
  const attempt = await tryPostgres(
    context,
    position,
    image,
    { ...login, database: need.database },
    acts.map((act) => act.sql),
  );
  const expected = `own work done, ${forbidden.length} acts denied`;
  const read = `work and forbidden acts as ${need.role}`;
  const readings: Reading[] = [];
  if (attempt.outcome !== 'connected' || attempt.states.length < acts.length) {
    const seen = attempt.outcome === 'connected' ? 'no result' : attempt.reason;
    readings.push({ ...base, read, expected, status: 'unknown', seen });
  } else {
    const wrong = acts.flatMap(({ name }, index) => {
      const state = attempt.states[index] ?? '';
      const right = index < own.length ? state === done : state === denied;
      return right ? [] : [`${name} ${state === done ? 'succeeded' : state}`];
    });
    readings.push({
      ...base,
      read,
      expected,
      status: wrong.length === 0 ? 'pass' : 'fail',
      seen: wrong.join(', ') || expected,
    });
  }
  const others = [
    'postgres',
    'template1',
    ...context.stack.postgres.map((other) => other.database),
  ];
  for (const database of new Set(others.filter((name) => name !== need.database))) {
    const other = await tryPostgres(context, position, image, { ...login, database }, []);
    readings.push({
      ...base,
      read: `a connection of ${need.role} to the database ${database}`,
      expected: 'refused',
      status:
        other.outcome === 'refused' ? 'pass' : other.outcome === 'connected' ? 'fail' : 'unknown',
      seen: other.outcome === 'connected' ? 'connected' : other.reason,
    });
  }
  return readings;
}

function exampleOf(needs: readonly (readonly [service: string, role: string, database: string])[]) {
  return exampleProject({
    stack: {
      postgres: needs.map(([service, role, database]) => ({
        service,
        role,
        database,
        secret: `postgres-${role}`,
        extensions: [],
        connectionLimit: 20,
      })),
    },
  });
}
