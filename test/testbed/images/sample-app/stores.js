import { readFileSync } from 'node:fs';
import pg from 'pg';
import { createClient } from 'redis';

const env = process.env;

/** Reads a secret file; a trailing newline is not part of the secret. */
function readSecret(file) {
  return file === undefined ? undefined : readFileSync(file, 'utf8').replace(/\n$/, '');
}

/** Connections to PostgreSQL; the server is verified when a root certificate is given. */
function makePool() {
  const pool = new pg.Pool({
    host: env.PGHOST,
    port: Number(env.PGPORT ?? 5432),
    database: env.PGDATABASE,
    user: env.PGUSER,
    // Read per connection: a rotated password is picked up without a restart.
    password: () => readSecret(env.PGPASSWORD_FILE),
    ssl: env.PGSSLROOTCERT
      ? { ca: readFileSync(env.PGSSLROOTCERT, 'utf8'), rejectUnauthorized: true }
      : false,
    max: 4,
    connectionTimeoutMillis: 3000,
  });
  pool.on('error', (error) => console.error(`postgres: ${error.message}`));
  return pool;
}

/** A connection to Redis that keeps trying, with the password of the moment. */
function makeRedis() {
  const client = createClient({
    socket: {
      host: env.REDIS_URL_HOST ?? env.REDIS_HOST,
      port: Number(env.REDIS_PORT ?? 6379),
      reconnectStrategy: (retries) => Math.min(retries * 100, 2000),
    },
    credentialsProvider: {
      type: 'async-credentials-provider',
      credentials: async () => ({
        username: env.REDIS_USER,
        password: readSecret(env.REDIS_PASSWORD_FILE),
      }),
    },
    disableOfflineQueue: true,
  });
  client.on('error', (error) => console.error(`redis: ${error.message}`));
  client.connect().catch((error) => console.error(`redis: ${error.message}`));
  return client;
}

const pool = makePool();
const redis = makeRedis();
const prefix = env.REDIS_PREFIX ?? 'app:';

/** Counts one visit in both stores. */
export async function countVisit() {
  await pool.query(
    'CREATE TABLE IF NOT EXISTS visits (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())',
  );
  await pool.query('INSERT INTO visits DEFAULT VALUES');
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM visits');
  const counter = await redis.incr(`${prefix}counter`);
  return { postgres: rows[0].count, redis: counter };
}

/** Which of the stores answer. A GET proves the right to the key prefix, which PING would not. */
export async function checkStores() {
  const [postgres, cache] = await Promise.allSettled([
    pool.query('SELECT 1'),
    redis.get(`${prefix}counter`),
  ]);
  return {
    postgres: postgres.status === 'fulfilled' ? 'ok' : String(postgres.reason?.message),
    redis: cache.status === 'fulfilled' ? 'ok' : String(cache.reason?.message),
  };
}
