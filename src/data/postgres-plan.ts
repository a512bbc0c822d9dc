import type { PostgresNeed } from '../catalog/stack.ts';
import { matchesVerifier, scramVerifier } from '../secrets/scram.ts';

/** What the server says about roles and databases. */
export interface PostgresState {
  roles: Readonly<
    Record<
      string,
      {
        login: boolean;
        limited: boolean;
        limit: number;
        verifier: string | null;
        managed: boolean;
        /** Its password stops working one day. */
        expires: boolean;
        /** The roles whose rights it has too. */
        memberOf: readonly string[];
      }
    >
  >;
  databases: Readonly<
    Record<
      string,
      {
        owner: string;
        /** PUBLIC may do something in it. */
        public: boolean;
        /** What each role may do by a grant of its own: `CONNECT`, `TEMPORARY`, `CREATE`. */
        grants: Readonly<Record<string, readonly string[]>>;
      }
    >
  >;
}

/** What one database says about itself. */
export interface DatabaseState {
  extensions: readonly string[];
  /** PUBLIC may do something in the schema `public`. */
  publicSchema: boolean;
  /** Null where there is no schema `public`. */
  schemaOwner: string | null;
  /** The login role may use the schema `public` and create in it. */
  roleCreates: boolean;
}

/** A marker in `pg_roles`' comment that a role is Jacker's to change. */
export const managedComment = 'managed by jacker';

/**
 * Reads {@link PostgresState} as one JSON line. The stored verifier never leaves this process: it
 * is compared and forgotten.
 */
export const readServerSql = `
select json_build_object(
  'roles', (select coalesce(json_object_agg(rolname, json_build_object(
      'login', rolcanlogin,
      'limited', not (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls),
      'limit', rolconnlimit,
      'verifier', rolpassword,
      'expires', coalesce(rolvaliduntil, 'infinity') <> 'infinity',
      'memberOf', (select coalesce(json_agg(distinct pg_get_userbyid(roleid)::text), '[]')
          from pg_auth_members where member = pg_authid.oid),
      'managed', coalesce(shobj_description(oid, 'pg_authid') = '${managedComment}', false))), '{}')
    from pg_authid where rolname !~ '^pg_' and rolname <> 'postgres'),
  'databases', (select json_object_agg(datname, json_build_object(
      'owner', pg_get_userbyid(datdba),
      'public', exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0),
      'grants', (select coalesce(json_object_agg(role, privileges), '{}') from (
          select pg_get_userbyid(grantee) as role, json_agg(privilege_type order by privilege_type) as privileges
          from aclexplode(coalesce(datacl, acldefault('d', datdba)))
          where grantee <> 0 and grantee <> datdba group by grantee) as granted)))
    from pg_database));
`;

/** Reads {@link DatabaseState} of the database that the session is in, for one login role. */
export function readDatabaseSql(role: string): string {
  return `
select json_build_object(
  'extensions', (select json_agg(extname order by extname) from pg_extension),
  'publicSchema', exists (select from pg_namespace n,
      aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) where n.nspname = 'public' and grantee = 0),
  'schemaOwner', (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'public'),
  'roleCreates', coalesce((select has_schema_privilege(${literal(role)}, oid, 'CREATE')
      and has_schema_privilege(${literal(role)}, oid, 'USAGE') from pg_namespace where nspname = 'public'), false));
`;
}

/**
 * The statements that make the server's roles and databases what the needs say: for each an owner
 * without login and a limited login role, its own database, nothing for PUBLIC. Only what differs
 * is said, so an empty list means that all is in place. Passwords appear as SCRAM verifiers only.
 */
export function planServer(
  needs: readonly PostgresNeed[],
  state: PostgresState,
  password: (secret: string) => string,
  salt: () => Uint8Array,
): string[] {
  const statements: string[] = [];
  for (const need of needs) {
    const { role, database, connectionLimit } = need;
    const owner = ownerOf(need);
    statements.push(
      ...planRole(
        owner,
        `nologin ${limits}`,
        ownValue(state.roles, owner),
        (known) => !known.login,
      ),
      ...planRole(
        role,
        `login ${limits} connection limit ${connectionLimit} valid until 'infinity'`,
        ownValue(state.roles, role),
        (known) => known.login && known.limit === connectionLimit && !known.expires,
      ),
    );
    const known = ownValue(state.roles, role);
    const secret = password(need.secret);
    if (!known?.verifier || !matchesVerifier(known.verifier, secret)) {
      statements.push(
        `alter role ${identifier(role)} password ${literal(scramVerifier(secret, salt()))}`,
        // Who came in with the former password, or as a role that was dropped, has to come again.
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = ${literal(role)} or usesysid not in (select oid from pg_authid)`,
      );
    }
    const base = ownValue(state.databases, database);
    if (!base) {
      statements.push(
        `create database ${identifier(database)} owner ${identifier(owner)} template template0 encoding 'UTF8'`,
      );
    } else if (base.owner !== owner) {
      statements.push(`alter database ${identifier(database)} owner to ${identifier(owner)}`);
    }
    if (base?.public !== false) {
      statements.push(`revoke all on database ${identifier(database)} from public`);
    }
    // The former owner keeps nothing: its rights go over to the new one.
    for (const [grantee, rights] of Object.entries(base?.grants ?? {})) {
      if (grantee === owner || (grantee === role && !rights.includes('CREATE'))) continue;
      statements.push(
        `revoke all on database ${identifier(database)} from ${identifier(grantee)} cascade`,
      );
    }
    const rights = ownValue(base?.grants ?? {}, role) ?? [];
    if (rights.join() !== 'CONNECT,TEMPORARY') {
      statements.push(
        `grant connect, temporary on database ${identifier(database)} to ${identifier(role)}`,
      );
    }
  }
  for (const database of ['postgres', 'template1']) {
    if (ownValue(state.databases, database)?.public) {
      statements.push(`revoke all on database ${identifier(database)} from public`);
    }
  }
  const wanted = new Set(needs.flatMap((need) => [need.role, ownerOf(need)]));
  for (const [role, known] of Object.entries(state.roles)) {
    if (known.managed && known.login && !wanted.has(role)) {
      statements.push(`alter role ${identifier(role)} nologin`);
    }
  }
  return statements;
}

/** What no role of an application may do. */
const limits = 'nosuperuser nocreatedb nocreaterole noreplication nobypassrls';

/** The statements that make one role what its attributes say, marked, and a member of no other. */
function planRole(
  role: string,
  attributes: string,
  known: PostgresState['roles'][string] | undefined,
  holds: (known: PostgresState['roles'][string]) => boolean,
): string[] {
  if (!known) return [`create role ${identifier(role)} ${attributes}`, ...markManaged(role)];
  return [
    ...(known.limited && known.managed && holds(known)
      ? []
      : [`alter role ${identifier(role)} ${attributes}`, ...markManaged(role)]),
    ...known.memberOf.map(
      (other) => `revoke ${identifier(other)} from ${identifier(role)} cascade`,
    ),
  ];
}

/** The statements for one database, run while connected to it. */
export function planDatabase(need: PostgresNeed, state: DatabaseState): string[] {
  const owner = identifier(ownerOf(need));
  const role = identifier(need.role);
  return [
    ...(state.schemaOwner === null ? [`create schema public authorization ${owner}`] : []),
    ...(state.schemaOwner === null || state.schemaOwner === ownerOf(need)
      ? []
      : [`alter schema public owner to ${owner}`]),
    ...need.extensions
      .filter((extension) => !state.extensions.includes(extension))
      .map((extension) => `create extension if not exists ${identifier(extension)}`),
    ...(state.publicSchema ? ['revoke all on schema public from public'] : []),
    ...(state.publicSchema || !state.roleCreates
      ? [`grant usage, create on schema public to ${role}`]
      : []),
  ];
}

/** The role that owns an application's database and cannot log in. */
export function ownerOf(need: Pick<PostgresNeed, 'role'>): string {
  return `${need.role}_owner`;
}

function markManaged(role: string): string[] {
  return [`comment on role ${identifier(role)} is ${literal(managedComment)}`];
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A role may be called constructor: what every object has is none that the server has. */
function ownValue<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
