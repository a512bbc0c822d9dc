import type { PostgresNeed } from '../catalog/stack.ts';
import { matchesVerifier, scramVerifier } from '../secrets/scram.ts';

/** What the server says about roles and databases. */
export interface PostgresState {
  roles: Readonly<
    Record<
      string,
      { login: boolean; limited: boolean; limit: number; verifier: string | null; managed: boolean }
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
  schemaOwner: string;
  /** The login role may create in the schema `public`. */
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
  'roleCreates', has_schema_privilege(${literal(role)}, 'public', 'CREATE'));
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
    if (!state.roles[owner]) {
      statements.push(`create role ${identifier(owner)} nologin`, ...markManaged(owner));
    }
    const known = state.roles[role];
    const attributes = `login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit ${connectionLimit}`;
    if (!known) {
      statements.push(`create role ${identifier(role)} ${attributes}`, ...markManaged(role));
    } else if (
      !known.login ||
      !known.limited ||
      known.limit !== connectionLimit ||
      !known.managed
    ) {
      statements.push(`alter role ${identifier(role)} ${attributes}`, ...markManaged(role));
    }
    const secret = password(need.secret);
    if (!known?.verifier || !matchesVerifier(known.verifier, secret)) {
      statements.push(
        `alter role ${identifier(role)} password ${literal(scramVerifier(secret, salt()))}`,
      );
    }
    const base = state.databases[database];
    if (!base) {
      statements.push(
        `create database ${identifier(database)} owner ${identifier(owner)} template template0 encoding 'UTF8'`,
      );
    } else if (base.owner !== owner) {
      statements.push(`alter database ${identifier(database)} owner to ${identifier(owner)}`);
    }
    if (base?.public !== false) {
      statements.push(
        `revoke all on database ${identifier(database)} from public`,
        `grant connect, temporary on database ${identifier(database)} to ${identifier(role)}`,
      );
    }
  }
  for (const database of ['postgres', 'template1']) {
    if (state.databases[database]?.public) {
      statements.push(`revoke all on database ${identifier(database)} from public`);
    }
  }
  const wanted = new Set(needs.map((need) => need.role));
  for (const [role, known] of Object.entries(state.roles)) {
    if (known.managed && known.login && !wanted.has(role)) {
      statements.push(`alter role ${identifier(role)} nologin`);
    }
  }
  return statements;
}

/** The statements for one database, run while connected to it. */
export function planDatabase(need: PostgresNeed, state: DatabaseState): string[] {
  const owner = identifier(ownerOf(need));
  const role = identifier(need.role);
  return [
    ...need.extensions
      .filter((extension) => !state.extensions.includes(extension))
      .map((extension) => `create extension if not exists ${identifier(extension)}`),
    ...(state.schemaOwner === ownerOf(need) ? [] : [`alter schema public owner to ${owner}`]),
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
