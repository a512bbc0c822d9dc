import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { afterAll, describe, expect, it } from 'vitest';
import { composeArguments } from '../../src/docker/compose.ts';
import { createAuthority } from '../../src/secrets/authority.ts';
import { createEngineProject, type EngineProject } from './engine-fixture.ts';

const minutes = 60_000;
const label = (length: number): string => 'a'.repeat(length);

/**
 * For every setting the least and the most that it takes. The real programs must take both: what a
 * setting accepts and the program refuses would be found out only when the service is down.
 */
const extremes: Readonly<Record<string, readonly [string, string]>> = {
  PROJECT_NAME: ['a', `a${'_-'.repeat(20)}`],
  DOMAIN: ['a.bc', [label(63), label(63), label(63), label(53)].join('.')],
  PRESET: ['standard', 'full'],
  SERVICES_ENABLED: ['', 'postgres'],
  SERVICES_DISABLED: ['', ''],
  TIMEZONE: ['UTC', 'America/Argentina/Buenos_Aires'],
  BIND_ADDRESS: ['127.0.0.1', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff'],
  HTTP_PORT: ['1', '65534'],
  HTTPS_PORT: ['2', '65535'],
  DOCKER_GROUP_ID: ['0', '4294967294'],
  AUTH_MODE: ['local', 'oauth'],
  ADMIN_USER: ['a', `a${'._-a'.repeat(10)}`],
  OAUTH_PROVIDER: ['oidc', 'keycloak-oidc'],
  OAUTH_PROVIDER_NAME: ['x', 'x'.repeat(4000)],
  OAUTH_CLIENT_ID: ['x', 'x'.repeat(4000)],
  OAUTH_ISSUER_URL: ['http://a.test', `https://${label(60)}.test:65535/${'~'.repeat(2000)}?a=b#c`],
  OAUTH_ALLOWED_EMAILS: [
    'a@b.test',
    Array.from({ length: 500 }, (_, n) => `a${String(n)}+x@b.test`).join(','),
  ],
  OAUTH_ALLOWED_DOMAINS: [
    'a.test',
    Array.from({ length: 500 }, (_, n) => `a${String(n)}.test`).join(','),
  ],
  OAUTH_PRIVATE_CA: ['false', 'true'],
  SESSION_LIFETIME: ['1s', '9999d'],
  COOKIE_SAMESITE: ['lax', 'none'],
  SIGN_IN_BANNER: ['x', 'x'.repeat(4000)],
  SIGN_IN_FOOTER: ['x', 'x'.repeat(4000)],
  POSTGRES_MAX_CONNECTIONS: ['10', '1000'],
  TLS_MODE: ['selfsigned', 'letsencrypt'],
  TLS_PROFILE: ['intermediate', 'modern'],
  ACME_EMAIL: ['a@b.test', `${'a'.repeat(60)}@${label(60)}.test`],
  ACME_SERVER: ['http://a.test', `https://[2001:db8::1]:65535/${'~'.repeat(2000)}`],
  ACME_CHALLENGE: ['http', 'tls-alpn'],
  ACME_PRIVATE_CA: ['false', 'true'],
  RATE_GENERAL: ['1/h:1', '999999/s:999999'],
  RATE_API: ['1/m:1', '999999/m:999999'],
  RATE_AUTH: ['1/s:1', '999999/h:999999'],
  RATE_CRITICAL: ['1/h:999999', '999999/s:1'],
};
/** What the fixture sets, or what names an image, which the engine's own tests are about. */
const others = /^(DOCKER_SOCKET|IMAGE_MIRROR|[A-Z_]+_IMAGE)$/;

const projects = new Map<0 | 1, Promise<EngineProject>>();
/** The project with the least, or with the most, of everything. */
async function projectWith(which: 0 | 1): Promise<EngineProject> {
  const made =
    projects.get(which) ??
    (async () => {
      const { certificate: authority } = createAuthority({
        project: 'extreme',
        permitted: ['a.test'],
        now: new Date(),
        random: { bytes: randomBytes },
      });
      return createEngineProject({
        '.env': Object.entries(extremes)
          .filter(([, pair]) => pair[which] !== '')
          .map(([key, pair]) => `${key}=${pair[which]}`)
          .join('\n'),
        'secrets/oauth-client-secret': 'given-by-the-provider',
        'secrets/oauth-provider-ca': authority,
        'secrets/acme-ca': authority,
      });
    })();
  projects.set(which, made);
  return made;
}
afterAll(async () => {
  for (const project of projects.values()) await (await project).remove();
}, minutes);

describe.each([
  ['least', 0],
  ['most', 1],
] as const)('with the %s that every setting takes', (_, which) => {
  it(
    'no setting is left out',
    async () => {
      const { definitions } = (await projectWith(which)).prepared.project;
      const keys = definitions.map(({ key }) => key).filter((key) => !others.test(key));
      expect(keys.sort()).toEqual(Object.keys(extremes).sort());
    },
    5 * minutes,
  );

  it(
    'every version of Compose takes the project',
    async () => {
      const project = await projectWith(which);
      const file = join(project.directory, 'docker-compose.yml');
      const options = { projectDir: project.directory, projectName: 'extreme', files: [file] };
      for (const { name, dockerConfig } of project.testbed.composeBinaries) {
        const result = await project.docker(composeArguments(options, ['config', '-q']), {
          DOCKER_CONFIG: dockerConfig,
        });
        expect(result, name).toMatchObject({ exitCode: 0, stderr: '' });
      }
    },
    5 * minutes,
  );

  it(
    'oauth2-proxy takes its configuration',
    async () => {
      const project = await projectWith(which);
      const program = ['oauth2-proxy', '--config=/etc/oauth2-proxy.cfg'];
      const redis = await project.start('redis', ['redis-server', '/etc/redis/redis.conf']);
      await redis.until(/Ready to accept connections/);
      const test = await project.once('oauth', [...program, '--config-test']);
      expect(test.exitCode, test.stdout + test.stderr).toBe(0);
      const config = parseToml(await project.secret('oauth.oauth2-proxy.cfg'));
      expect(config['cookie_expire']).toBe(which === 0 ? '1s' : '239976h');
      // Its own test must be able to fail at the very thing.
      const refused = await project.once('oauth', [
        ...program,
        '--config-test',
        '--cookie-expire=7d',
      ]);
      expect(refused.exitCode).not.toBe(0);
    },
    2 * minutes,
  );

  it(
    'traefik loads every router and middleware without an error',
    async () => {
      const project = await projectWith(which);
      const argv = ['traefik', '--configFile=/etc/traefik/traefik.yml'];
      const server = await project.start('traefik', argv);
      await server.until(/Starting provider \*(file|acme|traefik)/);
      const fetched = await server.exec(
        [
          'sh',
          '-c',
          // The file provider is read after the server listens: asked until the routers are there.
          `read -r password
       until wget -q -O - "http://probe:$password@127.0.0.1:8083/api/rawdata" 2>/dev/null; do :; done`,
        ],
        `${await project.secret('traefik-probe')}\n`,
      );
      const { routers, middlewares } = JSON.parse(fetched.stdout) as Record<
        'routers' | 'middlewares',
        Record<
          string,
          { status: string; error?: string[]; rateLimit?: { average: number; burst: number } }
        >
      >;
      for (const [name, part] of Object.entries({ ...routers, ...middlewares })) {
        expect(part, name).toMatchObject({ status: 'enabled' });
        expect(part.error, name).toBeUndefined();
      }
      const [average, burst] = which === 0 ? [1, 999_999] : [999_999, 1];
      expect(middlewares['rate-critical@file']?.rateLimit).toMatchObject({ average, burst });
      const errors = (await server.logs())
        .split('\n')
        .filter((line) => /"level":"(error|fatal|panic)"/.test(line))
        // Without a network the ACME server cannot be asked; that is all that may fail here.
        .filter((line) => !/acme/i.test(line))
        // An edge that was built without its web page has no dashboard to show.
        .filter((line) => !/Error appending dashboard/.test(line));
      expect(errors).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'nginx takes the portal and the gate',
    async () => {
      const project = await projectWith(which);
      const result = await project.once('error-pages', ['nginx', '-t', '-e', '/dev/stderr']);
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stderr).not.toMatch(/\[(warn|error|emerg)\]/);
    },
    2 * minutes,
  );

  it(
    'postgres reads its configuration',
    async () => {
      const project = await projectWith(which);
      for (const [name, value] of [
        ['max_connections', extremes['POSTGRES_MAX_CONNECTIONS']?.[which]],
        ['timezone', extremes['TIMEZONE']?.[which]],
      ] as const) {
        const result = await project.once('postgres', [
          'sh',
          '-ec',
          'mkdir -p -m 0700 /var/lib/postgresql/18/docker; exec postgres "$@"',
          'postgres',
          '-C',
          name,
          '-c',
          'config_file=/etc/postgresql/postgresql.conf',
        ]);
        expect(result.exitCode, result.stderr).toBe(0);
        expect(result.stdout.trim()).toBe(value);
      }
    },
    2 * minutes,
  );
});
