import * as z from 'zod';
import type { PostgresNeed } from '../catalog/stack.ts';
import type { Engine } from '../docker/engine.ts';
import { JackerError } from '../error.ts';
import type { Randomness } from '../io/world.ts';
import { planDatabase, planServer, readDatabaseSql, readServerSql } from './postgres-plan.ts';

const serverSchema = z.object({
  roles: z.record(
    z.string(),
    z.object({
      login: z.boolean(),
      limited: z.boolean(),
      limit: z.number(),
      verifier: z.string().nullable(),
      managed: z.boolean(),
      expires: z.boolean(),
      memberOf: z.array(z.string()),
    }),
  ),
  databases: z.record(
    z.string(),
    z.object({
      owner: z.string(),
      public: z.boolean(),
      grants: z.record(z.string(), z.array(z.string())),
    }),
  ),
});
const databaseSchema = z.object({
  extensions: z.array(z.string()),
  publicSchema: z.boolean(),
  schemaOwner: z.string().nullable(),
  roleCreates: z.boolean(),
});

/** What {@link reconcilePostgres} works with. */
export interface PostgresAccess {
  engine: Engine;
  /** The running server's container. */
  container: string;
  needs: readonly PostgresNeed[];
  password: (secret: string) => string;
  random: Randomness;
}

/**
 * Makes roles, databases, extensions and grants what the manifests say, on a new volume and on an
 * old one alike; answers how many statements that took (0: nothing to do). Speaks to the server
 * over its local socket from inside its container; statements travel on standard input.
 */
export async function reconcilePostgres(access: PostgresAccess): Promise<number> {
  const { needs, random } = access;
  const before = serverSchema.parse(JSON.parse(await psql(access, readServerSql)));
  const server = planServer(needs, before, access.password, () => random.bytes(16));
  if (server.length > 0) await psql(access, script(server));
  let count = server.length;
  if (needs.length === 0) return count;
  const answers = await psql(
    access,
    needs.map((need) => `\\connect "${need.database}"\n${readDatabaseSql(need.role)}`).join('\n'),
  );
  const states = answers
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => databaseSchema.parse(JSON.parse(line)));
  const scripts = needs.flatMap((need, index) => {
    const state = states[index];
    if (!state) throw new RangeError(`no answer about the database ${need.database}`);
    const statements = planDatabase(need, state);
    count += statements.length;
    return statements.length > 0 ? [`\\connect "${need.database}"\n${script(statements)}`] : [];
  });
  if (scripts.length > 0) await psql(access, scripts.join('\n'));
  return count;
}

function script(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};`).join('\n');
}

async function psql({ engine, container }: PostgresAccess, sql: string): Promise<string> {
  const result = await engine.exec(
    container,
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
      'postgres',
    ],
    { stdin: sql },
  );
  if (result.exitCode === 0) return result.stdout.trim();
  throw new JackerError('docker-failed', {
    what: 'Postgres refused a statement of the reconciliation',
    // The first line only, and never the statement: it may hold a verifier.
    why: /ERROR:.*|FATAL:.*/.exec(result.stderr)?.[0] ?? `psql ended with ${result.exitCode}`,
    hint: 'See jacker logs postgres.',
  });
}
