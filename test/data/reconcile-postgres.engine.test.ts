import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcilePostgres } from '../../src/data/reconcile-postgres.ts';
import { createEngine, type Engine } from '../../src/docker/engine.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import type { PostgresNeed } from '../../src/catalog/stack.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import {
  createEngineProject,
  type EngineProject,
  type RunningContainer,
} from '../render/engine-fixture.ts';

const minutes = 60_000;
const needs: PostgresNeed[] = [
  {
    service: 'sample',
    database: 'sample',
    role: 'sample',
    secret: 'a',
    extensions: ['pgcrypto'],
    connectionLimit: 20,
  },
  {
    service: 'second',
    database: 'second_db',
    role: 'second',
    secret: 'b',
    extensions: ['citext', 'pg_trgm'],
    connectionLimit: 3,
  },
];
/** What somebody with the superuser's rights may have changed, and in which database. */
const drifts: readonly { database: string; sql: string }[] = [
  ...needs.flatMap(({ database, role }) =>
    [
      `alter role ${role} nologin`,
      `alter role ${role} superuser`,
      `alter role ${role} createdb createrole`,
      `alter role ${role} bypassrls replication`,
      `alter role ${role} connection limit -1`,
      `alter role ${role} valid until '2001-01-01'`,
      `alter role ${role} password 'other'`,
      `alter role ${role} password null`,
      `comment on role ${role} is null`,
      `grant pg_read_all_data to ${role}`,
      `grant ${role}_owner to ${role}`,
      `alter role ${role}_owner login superuser`,
      `grant pg_execute_server_program to ${role}_owner`,
      `alter database ${database} owner to postgres`,
      `grant connect on database ${database} to public`,
      `grant all on database ${database} to public`,
      `revoke connect on database ${database} from ${role}`,
      `revoke all on database ${database} from ${role}`,
      `grant create on database ${database} to ${role}`,
      `grant connect on database ${database} to bystander`,
      `grant connect on database ${database} to bystander with grant option`,
    ].map((sql) => ({ database: 'postgres', sql })),
  ),
  ...needs.flatMap(({ database, role, extensions }) =>
    [
      ...extensions.map((extension) => `drop extension if exists ${extension} cascade`),
      'alter schema public owner to postgres',
      'grant create on schema public to public',
      'grant usage on schema public to public',
      `revoke create on schema public from ${role}`,
      `revoke usage on schema public from ${role}`,
      'drop schema if exists public cascade',
    ].map((sql) => ({ database, sql })),
  ),
  { database: 'postgres', sql: 'drop database if exists sample' },
  { database: 'postgres', sql: 'grant connect on database postgres to public' },
  { database: 'postgres', sql: 'grant all on database template1 to public' },
];

let project: EngineProject;
let engine: Engine;
let server: RunningContainer;

async function psql(database: string, sql: string): Promise<string> {
  const { exitCode, stdout, stderr } = await server.exec(
    [
      'psql',
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '/var/run/postgresql',
      '-U',
      'postgres',
      '-d',
      database,
    ],
    sql,
  );
  if (exitCode !== 0) throw new Error(`${sql}: ${stderr}`);
  return stdout.trim();
}
const reconcile = () =>
  reconcilePostgres({
    engine,
    container: server.name,
    needs,
    password: (secret) => `password-${secret}`,
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
  });

/** All that the reconciler is answerable for, but the salted passwords, as the server says it. */
async function snapshot(): Promise<string[]> {
  const parts = [
    await psql(
      'postgres',
      `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
         rolconnlimit, coalesce(rolvaliduntil, 'infinity'), rolpassword is null, shobj_description(oid, 'pg_authid')
         from pg_authid where rolname !~ '^pg_' order by 1;
       select member::regrole, roleid::regrole from pg_auth_members where member::regrole::text !~ '^pg_' order by 1, 2;
       select datname, datdba::regrole, (select array_agg(a order by a::text) from unnest(datacl) as a) from pg_database
         where datname <> 'template0' order by 1;`,
    ),
  ];
  for (const { database } of needs) {
    parts.push(
      await psql(
        database,
        `select nspname, nspowner::regrole, (select array_agg(a order by a::text) from unnest(nspacl) as a) from pg_namespace where nspname = 'public';
         select extname from pg_extension order by 1;`,
      ),
    );
  }
  return parts;
}

beforeAll(async () => {
  project = await createEngineProject(
    { '.env': 'PROJECT_NAME=reconcile\nSERVICES_ENABLED=sample\n' },
    { sample: true },
  );
  const endpoint = await resolveEndpoint({ env: project.testbed.env, files: nodeFileSystem() });
  engine = createEngine(endpoint);
  const { fragment } = project.prepared.project.catalog.get('postgres')!;
  const words = [fragment.entrypoint, fragment.command].map((list) =>
    Array.isArray(list) ? list.map(String) : [],
  );
  server = await project.start('postgres', words.flat());
  await server.until(/ready to accept connections/);
  await server.exec(['sh', '-c', 'until pg_isready -q -h /var/run/postgresql; do :; done']);
}, 10 * minutes);
afterAll(async () => {
  engine.close();
  await project.remove();
}, minutes);

describe('reconciling a real Postgres', () => {
  it(
    'runs with the rendered files, without an error in any line of them',
    async () => {
      expect(
        await psql(
          'postgres',
          'select line_number, error from pg_hba_file_rules where error is not null',
        ),
      ).toBe('');
      expect(
        await psql(
          'postgres',
          'select sourceline, error from pg_file_settings where error is not null or not applied',
        ),
      ).toBe('');
      expect(
        await psql(
          'postgres',
          "select count(*) from pg_hba_file_rules where type = 'hostssl' and user_name = '{sample}'",
        ),
      ).toBe('1');
    },
    minutes,
  );

  it(
    'makes all of it once: the second time there is nothing to do',
    async () => {
      expect(await reconcile()).toBeGreaterThan(10);
      const after = await snapshot();
      expect(await reconcile()).toBe(0);
      expect(await snapshot()).toEqual(after);
    },
    minutes,
  );

  it(
    'grants the role its database, and nothing of the other one',
    async () => {
      const may = (role: string, database: string) =>
        psql('postgres', `select has_database_privilege('${role}', '${database}', 'CONNECT')`);
      expect(await may('sample', 'sample')).toBe('t');
      expect(await may('sample', 'second_db')).toBe('f');
      expect(await may('sample', 'postgres')).toBe('f');
      expect(await may('second', 'sample')).toBe('f');
      expect(
        await psql(
          'sample',
          'set role sample; create table public.kept (a int); insert into kept values (1); select count(*) from kept',
        ),
      ).toBe('1');
    },
    minutes,
  );

  it(
    'restores whatever was dropped or altered, and is then content',
    async () => {
      await psql('postgres', 'create role bystander');
      const good = await snapshot();
      const each = drifts.map((drift) => [drift]);
      const check = async (changes: readonly (typeof drifts)[number][]): Promise<void> => {
        for (const { database, sql } of changes) {
          // A database that an earlier change dropped cannot be changed.
          const exists = await psql(
            'postgres',
            `select 1 from pg_database where datname = '${database}'`,
          );
          if (exists !== '' && !(await droppedTarget(sql))) await psql(database, sql);
        }
        expect(await reconcile()).toBeGreaterThan(0);
        expect(await snapshot()).toEqual(good);
        expect(await reconcile()).toBe(0);
      };
      /** Whether a change speaks of the database that is gone, or of a schema that is gone. */
      const droppedTarget = async (sql: string): Promise<boolean> => {
        const named = /on database (\w+)|^alter database (\w+)/.exec(sql);
        const database = named?.[1] ?? named?.[2];
        if (database)
          return (
            (await psql('postgres', `select 1 from pg_database where datname = '${database}'`)) ===
            ''
          );
        return false;
      };
      for (const changes of each) await check(changes);
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([...drifts.filter(({ sql }) => !/drop schema/.test(sql))], {
            minLength: 2,
            maxLength: 12,
          }),
          check,
        ),
        { numRuns: 8, endOnFailure: true },
      );
    },
    5 * minutes,
  );
});
