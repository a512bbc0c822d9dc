import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PostgresNeed } from '../../src/catalog/stack.ts';
import {
  ownerOf,
  planDatabase,
  planServer,
  type DatabaseState,
  type PostgresState,
} from '../../src/data/postgres-plan.ts';
import { scramVerifier } from '../../src/secrets/scram.ts';

const salt = () => new Uint8Array(16).fill(1);
const password = (secret: string): string => `password-of-${secret}`;
const need = (name: string, more: Partial<PostgresNeed> = {}): PostgresNeed => ({
  service: name,
  database: name,
  role: name,
  secret: `postgres-${name}`,
  extensions: [],
  connectionLimit: 20,
  ...more,
});
const needs = [need('app', { extensions: ['pgcrypto'], connectionLimit: 5 }), need('other')];
const plan = (state: PostgresState, wanted = needs) => planServer(wanted, state, password, salt);

/** The server as it is when all is in place. */
function inPlace(): PostgresState {
  const role = { limited: true, managed: true, expires: false, memberOf: [] as string[] };
  return {
    roles: Object.fromEntries(
      needs.flatMap((one): [string, PostgresState['roles'][string]][] => [
        [ownerOf(one), { ...role, login: false, limit: -1, verifier: null }],
        [
          one.role,
          {
            ...role,
            login: true,
            limit: one.connectionLimit,
            verifier: scramVerifier(password(one.secret), salt()),
          },
        ],
      ]),
    ),
    databases: {
      ...Object.fromEntries(
        needs.map((one) => [
          one.database,
          {
            owner: ownerOf(one),
            public: false,
            grants: { [one.role]: ['CONNECT', 'TEMPORARY'] },
          },
        ]),
      ),
      postgres: { owner: 'postgres', public: false, grants: {} },
      template1: { owner: 'postgres', public: false, grants: {} },
      template0: { owner: 'postgres', public: true, grants: {} },
    },
  };
}
const withRole = (name: string, change: Partial<PostgresState['roles'][string]>): PostgresState => {
  const state = inPlace();
  return { ...state, roles: { ...state.roles, [name]: { ...state.roles[name]!, ...change } } };
};
const withDatabase = (
  name: string,
  change: Partial<PostgresState['databases'][string]>,
): PostgresState => {
  const state = inPlace();
  return {
    ...state,
    databases: { ...state.databases, [name]: { ...state.databases[name]!, ...change } },
  };
};
const without = (part: 'roles' | 'databases', name: string): PostgresState => {
  const state = inPlace();
  const kept = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
  return part === 'roles'
    ? { ...state, roles: kept(state.roles) }
    : { ...state, databases: kept(state.databases) };
};

describe('the plan for a Postgres server', () => {
  it('is empty where all is in place', () => {
    expect(plan(inPlace())).toEqual([]);
  });

  it.each<[string, PostgresState, RegExp[]]>([
    [
      'a role that is missing',
      without('roles', 'app'),
      [/^create role "app" login .*limit 5/, /comment/, /password/, /pg_terminate_backend/],
    ],
    [
      'an owner that is missing',
      without('roles', 'app_owner'),
      [/^create role "app_owner" nologin/, /comment/],
    ],
    [
      'a database that is missing',
      without('databases', 'app'),
      [
        /^create database "app" owner "app_owner"/,
        /revoke all .* from public/,
        /grant connect, temporary/,
      ],
    ],
    [
      'a role that may not log in',
      withRole('app', { login: false }),
      [/^alter role "app" login/, /comment/],
    ],
    [
      'an owner that may log in',
      withRole('app_owner', { login: true }),
      [/^alter role "app_owner" nologin/, /comment/],
    ],
    [
      'a superuser',
      withRole('app', { limited: false }),
      [/^alter role "app" login nosuperuser/, /comment/],
    ],
    [
      'an owner who is a superuser',
      withRole('app_owner', { limited: false }),
      [/nologin nosuperuser/, /comment/],
    ],
    ['another connection limit', withRole('app', { limit: -1 }), [/connection limit 5/, /comment/]],
    [
      'a password that expires',
      withRole('app', { expires: true }),
      [/valid until 'infinity'/, /comment/],
    ],
    [
      'a role without the mark',
      withRole('app', { managed: false }),
      [/^alter role/, /comment on role "app"/],
    ],
    [
      'another password',
      withRole('app', { verifier: scramVerifier('x', salt()) }),
      [/^alter role "app" password 'SCRAM-SHA-256\$/, /pg_terminate_backend.* usename = 'app'/],
    ],
    ['no password', withRole('app', { verifier: null }), [/password/, /terminate/]],
    [
      'a role that is a member of another',
      withRole('app', { memberOf: ['other'] }),
      [/^revoke "other" from "app"/],
    ],
    [
      'an owner that is a member of another',
      withRole('app_owner', { memberOf: ['pg_write_all_data'] }),
      [/^revoke "pg_write_all_data" from "app_owner"/],
    ],
    [
      'a database of another owner',
      withDatabase('app', { owner: 'postgres' }),
      [/^alter database "app" owner to "app_owner"/],
    ],
    [
      'a database open to PUBLIC',
      withDatabase('app', { public: true }),
      [/^revoke all on database "app" from public/],
    ],
    [
      'a role that may not connect',
      withDatabase('app', { grants: {} }),
      [/^grant connect, temporary on database "app" to "app"/],
    ],
    [
      'a role that may connect only',
      withDatabase('app', { grants: { app: ['CONNECT'] } }),
      [/^grant connect, temporary/],
    ],
    [
      'a role that may create schemas',
      withDatabase('app', { grants: { app: ['CONNECT', 'CREATE', 'TEMPORARY'] } }),
      [/^revoke all on database "app" from "app"/, /^grant connect/],
    ],
    [
      'another role that may connect',
      withDatabase('app', { grants: { app: ['CONNECT', 'TEMPORARY'], other: ['CONNECT'] } }),
      [/^revoke all on database "app" from "other"/],
    ],
    [
      "the server's own database open to PUBLIC",
      withDatabase('postgres', { public: true }),
      [/^revoke all on database "postgres" from public/],
    ],
    [
      'the template open to PUBLIC',
      withDatabase('template1', { public: true }),
      [/^revoke all on database "template1" from public/],
    ],
  ])('puts right %s, and nothing else', (_, state, expected) => {
    const statements = plan(state);
    expect(statements).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(statements[index]).toMatch(pattern);
  });

  it('locks out the role of a service that is gone, and leaves roles of others alone', () => {
    expect(plan(inPlace(), [needs[0]!])).toEqual(['alter role "other" nologin']);
    const foreign = {
      login: true,
      limited: false,
      limit: -1,
      verifier: null,
      managed: false,
      expires: false,
      memberOf: [],
    };
    expect(plan({ ...inPlace(), roles: { ...inPlace().roles, somebody: foreign } })).toEqual([]);
  });

  it('never shows a password', () => {
    const text = plan({ roles: {}, databases: {} }).join('\n');
    for (const one of needs) expect(text).not.toContain(password(one.secret));
  });

  it('quotes names, so that a keyword or a quote is a name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z"' ;-]{1,12}$/), (name) => {
        const text = planServer(
          [need('x', { role: name, database: name })],
          { roles: {}, databases: {} },
          password,
          salt,
        ).join(';\n');
        // Without its quoted names and texts, no statement holds a quote or a second statement.
        const bare = text.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, 'N');
        expect(bare).not.toMatch(/['"]/);
        expect(bare.split(';\n')).toHaveLength(
          planServer([need('x')], { roles: {}, databases: {} }, password, salt).length,
        );
      }),
      { examples: [['constructor'], ['tostring']] },
    );
  });
});

describe('the plan for one database', () => {
  const good: DatabaseState = {
    extensions: ['pgcrypto', 'plpgsql'],
    publicSchema: false,
    schemaOwner: 'app_owner',
    roleCreates: true,
  };

  it.each<[string, Partial<DatabaseState>, RegExp[]]>([
    ['where all is in place', {}, []],
    ['without its extension', { extensions: ['plpgsql'] }, [/^create extension .*"pgcrypto"/]],
    [
      'with a schema open to PUBLIC',
      { publicSchema: true },
      [/^revoke all on schema public from public/, /^grant usage, create/],
    ],
    [
      'with a schema of another owner',
      { schemaOwner: 'postgres' },
      [/^alter schema public owner to "app_owner"/],
    ],
    [
      'without its schema',
      { schemaOwner: null, roleCreates: false },
      [/^create schema public authorization "app_owner"/, /^grant usage, create/],
    ],
    [
      'where the role may not create',
      { roleCreates: false },
      [/^grant usage, create on schema public to "app"/],
    ],
  ])('%s says what is needed', (_, change, expected) => {
    const statements = planDatabase(needs[0]!, { ...good, ...change });
    expect(statements).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(statements[index]).toMatch(pattern);
  });
});
