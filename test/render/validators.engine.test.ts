import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { composeArguments } from '../../src/docker/compose.ts';
import { createTemplateEngine } from '../../src/render/template.ts';
import {
  createEngineProject,
  type EngineProject,
  type RunningContainer,
} from './engine-fixture.ts';
import { hostilePieces, hostilePrintable } from './hostile-text.ts';
import { tokenize } from './html.ts';

const minutes = 60_000;
/** Ends or begins something in every format, and survives the .env file's double quotes. */
const hostile = `'{{.Redirect}} \${DOMAIN} $$ $(id) \\ # %{} \`id\` </h1><script>é😀`;
const settings = (extra: readonly string[]): string =>
  ['PROJECT_NAME=validate', 'SERVICES_ENABLED=sample', ...extra].join('\n');

/** Different hostile texts, always the same ones. */
function samples(count: number, keep: (text: string) => boolean = () => true): string[] {
  const random = fc.sample(hostilePrintable.filter(keep), { numRuns: count, seed: 20 });
  return [...hostilePieces.filter((text) => !/\t/.test(text) && keep(text)), ...random];
}

let local: EngineProject;
let oauth: EngineProject;
beforeAll(async () => {
  local = await createEngineProject(
    { '.env': settings([`SIGN_IN_BANNER="${hostile}"`, `SIGN_IN_FOOTER="${hostile}"`]) },
    { sample: true },
  );
  oauth = await createEngineProject({
    '.env': [
      'DOMAIN=example.test',
      'PROJECT_NAME=validate',
      'AUTH_MODE=oauth',
      'OAUTH_PROVIDER=github',
      `OAUTH_PROVIDER_NAME="${hostile}"`,
      `OAUTH_CLIENT_ID="${hostile}"`,
      'OAUTH_ALLOWED_EMAILS=ann@example.test',
      'TLS_MODE=letsencrypt',
      'TLS_PROFILE=modern',
      'ACME_EMAIL=admin@example.test',
    ].join('\n'),
    'secrets/oauth-client-secret': 'given',
  });
}, 10 * minutes);
afterAll(async () => {
  await local.remove();
  await oauth.remove();
}, minutes);

describe('every version of Compose', () => {
  it(
    'accepts the rendered project and reads back what was rendered',
    async () => {
      for (const project of [local, oauth]) {
        for (const { name, dockerConfig } of project.testbed.composeBinaries) {
          const result = await project.docker(
            composeArguments(
              {
                projectDir: project.directory,
                projectName: 'validate',
                files: [join(project.directory, 'docker-compose.yml')],
              },
              ['config', '--format', 'json'],
            ),
            { DOCKER_CONFIG: dockerConfig },
          );
          expect(result.exitCode, `${name}: ${result.stderr}`).toBe(0);
          expect(result.stderr, name).toBe('');
          const { services } = JSON.parse(result.stdout) as {
            services: Record<string, { read_only?: boolean; cap_drop?: string[]; user?: string }>;
          };
          expect(Object.keys(services).sort()).toEqual(
            project.prepared.project.stack.services.map((service) => service.name),
          );
          for (const service of Object.values(services)) {
            expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
          }
        }
      }
    },
    2 * minutes,
  );

  it(
    'shows an override merged, its texts unchanged',
    async () => {
      const environment = Object.fromEntries(
        samples(10).map((text, index) => [`V${String(index)}`, text.replaceAll('$', '$$$$')]),
      );
      const project = await createEngineProject(
        {
          '.env': settings([]),
          'overrides/own.yml': stringify({
            services: {
              sample: {
                environment,
                stop_grace_period: '7s',
                extra_hosts: { 'db.test': '192.0.2.1' },
              },
            },
          }),
        },
        { sample: true },
      );
      try {
        for (const { name, dockerConfig } of project.testbed.composeBinaries) {
          const result = await project.docker(
            [
              'compose',
              '-f',
              join(project.directory, 'docker-compose.yml'),
              'config',
              '--format',
              'json',
            ],
            { DOCKER_CONFIG: dockerConfig },
          );
          // As a person calls it in the folder: nothing is missing and nothing to warn of.
          expect(result, name).toMatchObject({ exitCode: 0, stderr: '' });
          const { services } = JSON.parse(result.stdout) as {
            services: Record<
              string,
              { environment: object; stop_grace_period: string; extra_hosts: unknown }
            >;
          };
          expect(services['sample']).toMatchObject({
            stop_grace_period: '7s',
            extra_hosts: ['db.test=192.0.2.1'],
            environment: { ...environment, PGUSER: 'sample' },
          });
        }
      } finally {
        await project.remove();
      }
    },
    2 * minutes,
  );
});

describe('the real program', () => {
  it(
    'haproxy accepts the socket proxy',
    async () => {
      const result = await local.once('socket-proxy-sample', [
        'haproxy',
        '-c',
        '-f',
        '/usr/local/etc/haproxy/haproxy.cfg',
      ]);
      expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      expect(result.stdout + result.stderr).not.toMatch(/WARNING|ALERT/);
    },
    minutes,
  );

  it(
    'nginx accepts the portal and the gate',
    async () => {
      const result = await local.once('error-pages', ['nginx', '-t', '-e', '/dev/stderr']);
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stderr).not.toMatch(/\[(warn|error|emerg)\]/);
    },
    minutes,
  );

  it(
    'redis starts with its rules: each user has its keys, the default user is off',
    async () => {
      const server = await local.start('redis', [
        'redis-server',
        '/etc/redis/redis.conf',
        '--port',
        '0',
        '--unixsocket',
        '/tmp/redis.sock',
      ]);
      await server.until(/Ready to accept connections/);
      expect(await server.logs()).not.toMatch(/WARNING: .*config|FATAL/i);
      const password = await local.secret('redis-admin');
      const list = await server.exec(
        ['redis-cli', '-s', '/tmp/redis.sock'],
        `AUTH admin ${password}\nACL LIST\n`,
      );
      expect(list.stdout).toContain('user default off');
      for (const user of ['oauth', 'traefik', 'sample', 'health', 'admin']) {
        expect(list.stdout).toContain(`user ${user} on `);
      }
      expect(list.stdout).toMatch(/user sample on .* ~sample:\* /);
    },
    minutes,
  );

  it(
    'postgres reads its configuration',
    async () => {
      for (const [name, value] of [
        ['max_connections', '100'],
        ['password_encryption', 'scram-sha-256'],
        ['hba_file', '/etc/postgresql/pg_hba.conf'],
        ['ssl_min_protocol_version', 'TLSv1.2'],
      ] as const) {
        const result = await local.once('postgres', [
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
    minutes,
  );

  it.each([
    ['selfsigned', () => local],
    ['letsencrypt', () => oauth],
  ] as const)(
    'traefik (%s) loads every router and middleware without an error',
    async (_, of) => {
      const project = of();
      const server = await project.start('traefik', [
        'traefik',
        '--configFile=/etc/traefik/traefik.yml',
      ]);
      await server.until(/Starting provider \*(file|acme|traefik)/);
      const password = await project.secret('traefik-probe');
      const fetched = await server.exec(
        [
          'sh',
          '-c',
          // The file provider is read after the server listens: asked until the routers are there.
          `read -r password
       until wget -q -O - "http://probe:$password@127.0.0.1:8083/api/rawdata" 2>/dev/null; do :; done`,
        ],
        `${password}\n`,
      );
      const { routers, middlewares, services } = JSON.parse(fetched.stdout) as Record<
        'routers' | 'middlewares' | 'services',
        Record<string, { status: string; error?: string[] }>
      >;
      expect(Object.keys(routers)).toContain('traefik-dashboard@file');
      for (const [name, part] of Object.entries({ ...routers, ...middlewares, ...services })) {
        expect(part, name).toMatchObject({ status: 'enabled' });
        expect(part.error, name).toBeUndefined();
      }
      const errors = (await server.logs())
        .split('\n')
        .filter((line) => /"level":"(error|fatal|panic)"/.test(line))
        // Without a network the ACME server cannot be asked; that is all that may fail here.
        .filter((line) => !/acme/i.test(line))
        // An edge that was built without its web page has no dashboard to show.
        .filter((line) => !/Error appending dashboard/.test(line));
      expect(errors).toEqual([]);
    },
    minutes,
  );

  it.each([
    ['local', () => local, [hostile, hostile]],
    ['oauth', () => oauth, [`Sign in with ${hostile}`]],
  ] as const)(
    'oauth2-proxy (%s) takes its configuration and shows the texts as they were given',
    async (_, of, texts) => {
      const redis = await of().start('redis', ['redis-server', '/etc/redis/redis.conf']);
      await redis.until(/Ready to accept connections/);
      const test = await of().once('oauth', [
        'oauth2-proxy',
        '--config=/etc/oauth2-proxy.cfg',
        '--config-test',
      ]);
      expect(test.exitCode, test.stdout + test.stderr).toBe(0);
      const server = await of().start('oauth', ['oauth2-proxy', '--config=/etc/oauth2-proxy.cfg']);
      await server.until(/OAuthProxy configured/);
      const page = await server.exec([
        'sh',
        '-c',
        'until wget -q -O /dev/null http://127.0.0.1:4180/ping; do :; done; wget -q -O - http://127.0.0.1:4180/oauth2/sign_in',
      ]);
      expect(page.exitCode, page.stderr).toBe(0);
      const tokens = tokenize(page.stdout.trimStart().replaceAll('&#43;', '+'));
      for (const text of texts) expect(tokens).toContainEqual({ kind: 'text', text });
      expect(tokens.filter((token) => token.kind === 'open' && token.name === 'script')).toEqual(
        [],
      );
    },
    minutes,
  );
});

/** Each provider and whether it is found by its issuer's address. */
const providers = [
  ['oidc', true],
  ['google', false],
  ['github', false],
  ['gitlab', true],
  ['keycloak-oidc', true],
  ['entra-id', true],
] as const;

describe('each provider', () => {
  it('is among those that the manifest offers, and no other is', () => {
    const { settings } = oauth.prepared.project.stack.services.find(({ name }) => name === 'oauth')!
      .definition.manifest;
    expect(settings.find(({ key }) => key === 'OAUTH_PROVIDER')?.values).toEqual(
      expect.arrayContaining(providers.map(([name]) => name)),
    );
    expect(settings.find(({ key }) => key === 'OAUTH_PROVIDER')?.values).toHaveLength(
      providers.length,
    );
  });

  it.each(providers)(
    '%s is taken by oauth2-proxy, with PKCE',
    async (name, byIssuer) => {
      const project = await createEngineProject({
        '.env': [
          'DOMAIN=example.test',
          'PROJECT_NAME=validate',
          'AUTH_MODE=oauth',
          `OAUTH_PROVIDER=${name}`,
          'OAUTH_CLIENT_ID=jacker',
          ...(byIssuer ? ['OAUTH_ISSUER_URL=https://login.example.test/realms/main'] : []),
          'OAUTH_ALLOWED_EMAILS=ann@example.test',
        ].join('\n'),
        'secrets/oauth-client-secret': 'given',
      });
      try {
        const config = await project.secret('oauth.oauth2-proxy.cfg');
        expect(config).toContain(`provider = "${name}"`);
        expect(config).toContain('code_challenge_method = "S256"');
        const redis = await project.start('redis', ['redis-server', '/etc/redis/redis.conf']);
        await redis.until(/Ready to accept connections/);
        const program = ['oauth2-proxy', '--config=/etc/oauth2-proxy.cfg', '--config-test'];
        const test = await project.once('oauth', program);
        expect(test.exitCode, test.stdout + test.stderr).toBe(0);
        // It would say so: the same without a client.
        const wrong = await project.once('oauth', [...program, '--client-id=']);
        expect(wrong.exitCode).not.toBe(0);
        // Its own test takes any provider. Those without an issuer to ask can also be started.
        if (byIssuer) return;
        const server = await project.start('oauth', program.slice(0, 2));
        await server.until(/OAuthProxy configured/);
        const { stdout, stderr } = await server.exec([
          'sh',
          '-c',
          'until wget -q -O /dev/null http://127.0.0.1:4180/ping; do :; done; wget -S -O /dev/null http://127.0.0.1:4180/oauth2/start?rd=/ 2>&1',
        ]);
        const there = /location: *(\S+)/i.exec(stdout + stderr)?.[1] ?? '';
        expect(new URL(there).hostname).toBe(
          name === 'google' ? 'accounts.google.com' : 'github.com',
        );
        expect(new URL(there).searchParams.get('code_challenge_method')).toBe('S256');
      } finally {
        await project.remove();
      }
    },
    2 * minutes,
  );
});

describe('a hostile value in a format that only its own program can read', () => {
  const write = async (project: EngineProject, name: string, text: string): Promise<string> => {
    const path = join(project.directory, name);
    await writeFile(path, text, { mode: 0o444 });
    return path;
  };
  const body = async (server: RunningContainer, port: number, path: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await server.exec([
      'wget',
      '-q',
      '-O',
      '-',
      `http://127.0.0.1:${String(port)}${path}`,
    ]);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  };

  /** Resolves when the server answers; `exec` ends after a minute where it never does. */
  const answers = async (server: RunningContainer): Promise<void> => {
    await server.exec([
      'sh',
      '-c',
      'until wget -q -O /dev/null http://127.0.0.1:8000/0; do :; done',
    ]);
  };

  it(
    'haproxy: each is one word of its line',
    async () => {
      const values = samples(20);
      const text = createTemplateEngine('haproxy').render(
        {
          file: 'test',
          text: `global
  tune.bufsize 32768
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:8000
{{#each values}}
  http-request return status 200 content-type text/plain string {{this}} if { path {{join "/" @index}} }
{{/each}}
`,
        },
        { values },
      );
      const server = await local.start(
        'socket-proxy-sample',
        ['haproxy', '-db', '-f', '/test.cfg'],
        {
          '/test.cfg': await write(local, 'test-haproxy.cfg', text),
        },
      );
      await answers(server);
      for (const [index, value] of values.entries()) {
        expect(await body(server, 8000, `/${String(index)}`)).toBe(value);
      }
    },
    2 * minutes,
  );

  it(
    'nginx: each is one parameter of its directive',
    async () => {
      const values = samples(20, (text) => !text.includes('$'));
      const text = createTemplateEngine('nginx').render(
        {
          file: 'test',
          text: `pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/a;
  proxy_temp_path /tmp/b;
  fastcgi_temp_path /tmp/c;
  uwsgi_temp_path /tmp/d;
  scgi_temp_path /tmp/e;
  server {
    listen 127.0.0.1:8000;
{{#each values}}
    location = {{join "/" @index}} { return 200 {{this}}; }
{{/each}}
  }
}
`,
        },
        { values },
      );
      const server = await local.start(
        'error-pages',
        ['nginx', '-e', '/dev/stderr', '-g', 'daemon off;', '-c', '/test.conf'],
        {
          '/test.conf': await write(local, 'test-nginx.conf', text),
        },
      );
      await answers(server);
      for (const [index, value] of values.entries()) {
        expect(await body(server, 8000, `/${String(index)}`)).toBe(value);
      }
    },
    2 * minutes,
  );

  it(
    'postgresql.conf: each is the value of its parameter',
    async () => {
      const values = samples(20);
      const text = createTemplateEngine('postgres')
        .render(
          {
            file: 'test',
            text: `data_directory = '/tmp/data'
hba_file = '/tmp/none'
ident_file = '/tmp/none'
{{#each values}}
{{@index}} = {{this}}
{{/each}}
`,
          },
          { values },
        )
        .replaceAll(/^(\d+) =/gm, 'test.v$1 =');
      const path = await write(local, 'test-postgresql.conf', text);
      const server = await local.start('postgres', ['tail', '-f', '/dev/null'], {
        '/test.conf': path,
      });
      const { exitCode, stdout, stderr } = await server.exec([
        'sh',
        '-ec',
        `unset PGDATA; mkdir -m 0700 /tmp/data; i=0; while [ $i -lt ${String(values.length)} ]; do
         postgres -C test.v$i -c config_file=/test.conf; printf '\\0'; i=$((i + 1)); done`,
      ]);
      expect(exitCode, stderr).toBe(0);
      expect(stdout.split('\0').map((line) => line.replace(/\n$/, ''))).toEqual([...values, '']);
    },
    2 * minutes,
  );

  it(
    'redis.conf: each is one argument of its line',
    async () => {
      const values = samples(12).slice(-24);
      const server = await local.start('redis', ['tail', '-f', '/dev/null']);
      for (const value of values) {
        const config = createTemplateEngine('redis').render(
          { file: 'test', text: 'masteruser {{value}}\nmasterauth {{value}}\nmaxclients 77\n' },
          { value },
        );
        const { stdout, stderr } = await server.exec(
          [
            'sh',
            '-c',
            `redis-server - --port 0 --dir /tmp --unixsocket /tmp/test.sock --daemonize yes --pidfile /tmp/test.pid >/dev/null
         until redis-cli -s /tmp/test.sock ping >/dev/null 2>&1; do :; done
         for name in masteruser masterauth maxclients; do redis-cli -s /tmp/test.sock --raw config get $name; done
         redis-cli -s /tmp/test.sock shutdown nosave`,
          ],
          config,
        );
        expect(stdout, stderr).toBe(`masteruser\n${value}\nmasterauth\n${value}\nmaxclients\n77\n`);
      }
    },
    3 * minutes,
  );
});
