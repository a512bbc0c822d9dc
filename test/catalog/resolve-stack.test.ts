import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { resolveStack } from '../../src/catalog/resolve-stack.ts';
import { catalogOf, service, settingsOf } from './manifests.ts';

const all = (...names: string[]) => settingsOf({ SERVICES_ENABLED: names });
const route = (host: string, more: object = {}) => ({
  routes: [{ name: 'web', host, port: 80, ...more }],
});
const proxy = service('proxy', { perConsumer: 'docker', socket: true });
const callsDocker = { docker: [{ method: 'GET', path: '/info', why: 'It looks.' }] };

describe('the stack of a project', () => {
  it('has one internal network for each relation, and nothing shared', () => {
    const stack = resolveStack(
      catalogOf(
        service('traefik', { publishes: [{ target: 8443, setting: 'HTTPS_PORT' }] }),
        service('a', { connects: ['b'], ...route('a') }),
        service('b'),
        service('c', { egress: { why: 'It calls home.' } }),
      ),
      all('a', 'b', 'c', 'traefik'),
    );
    expect(stack.networks).toEqual([
      { name: 'a--b', purpose: 'relation', members: ['a', 'b'], egress: false },
      { name: 'a--traefik', purpose: 'relation', members: ['a', 'traefik'], egress: false },
      { name: 'c--egress', purpose: 'egress', members: ['c'], egress: true },
      { name: 'edge', purpose: 'edge', members: ['traefik'], egress: false },
    ]);
    expect(stack.services.map(({ name, networks }) => [name, networks])).toEqual([
      ['a', ['a--b', 'a--traefik']],
      ['b', ['a--b']],
      ['c', ['c--egress']],
      ['traefik', ['a--traefik', 'edge']],
    ]);
  });

  it('gives each consumer of the Docker API a proxy of its own, with its calls alone', () => {
    const stack = resolveStack(
      catalogOf(
        proxy,
        service('a', callsDocker),
        service('b', {
          docker: [{ method: 'POST', path: '/containers/x/start', why: 'It starts.' }],
        }),
        service('c'),
      ),
      all('a', 'b', 'c'),
    );
    expect(
      stack.services.map(({ name, consumer, endpoints }) => [name, consumer, endpoints.length]),
    ).toEqual([
      ['a', null, 0],
      ['b', null, 0],
      ['c', null, 0],
      ['proxy-a', 'a', 1],
      ['proxy-b', 'b', 1],
    ]);
    expect(stack.networks.map(({ members }) => members)).toEqual([
      ['a', 'proxy-a'],
      ['b', 'proxy-b'],
    ]);
    expect(stack.services[0]?.dependsOn).toEqual(['proxy-a']);
    expect(stack.services[3]?.endpoints).toMatchObject([{ method: 'GET', path: '/info' }]);
  });

  it('starts what a service needs before it', () => {
    const stack = resolveStack(
      catalogOf(
        service('app', {
          connects: ['b'],
          postgres: { database: 'app', role: 'app_role' },
          redis: { user: 'app', prefix: 'app:', groups: ['data'] },
        }),
        service('b'),
        service('postgres'),
        service('redis'),
      ),
      all('app'),
    );
    expect(stack.services[0]?.dependsOn).toEqual(['b', 'postgres', 'redis']);
    expect(stack.services[0]?.secrets.map(({ secret }) => secret)).toEqual([
      'ca.crt',
      'postgres-app-role',
      'redis-app',
    ]);
  });

  it.each([
    [
      'a need that does not exist',
      [service('a', { connects: ['nothing'] })],
      /needs the service nothing/,
      'x-jacker.connects',
    ],
    [
      'a circle of two',
      [service('a', { connects: ['b'] }), service('b', { connects: ['a'] })],
      /a -> b -> a/,
      'x-jacker.connects',
    ],
    [
      'a service that needs itself',
      [service('a', { connects: ['a'] })],
      /a -> a/,
      'x-jacker.connects',
    ],
    [
      'two services on one host',
      [service('a', route('same')), service('b', route('same'))],
      /b and a both want same\.example\.test/,
      'x-jacker.routes',
    ],
    [
      'two owners of a secret',
      ['a', 'b'].map((name) =>
        service(name, { secrets: [{ name: 'key', kind: 'hex', help: 'A key.' }] }),
      ),
      /b and a both declare the secret key/,
      'x-jacker.secrets',
    ],
    [
      'a secret that nobody declares',
      [service('a', { uses: [{ secret: 'nobodys', why: 'It wants it.' }] })],
      /uses the secret nobodys/,
      'x-jacker.uses',
    ],
    [
      'two services with one Postgres role',
      ['a', 'b'].map((name) => service(name, { postgres: { database: name, role: 'same' } })),
      /role same$/,
      'x-jacker.postgres',
    ],
    [
      'two services with one database',
      ['a', 'b'].map((name) => service(name, { postgres: { database: 'same', role: name } })),
      /database same/,
      'x-jacker.postgres',
    ],
    [
      'a database of the server itself',
      [service('a', { postgres: { database: 'postgres', role: 'a' } })],
      /database postgres/,
      'x-jacker.postgres',
    ],
    [
      'a role of the server itself',
      [service('a', { postgres: { database: 'a', role: 'pg_monitor' } })],
      /role pg_monitor/,
      'x-jacker.postgres',
    ],
    [
      'the superuser for a role',
      [service('a', { postgres: { database: 'a', role: 'postgres' } })],
      /role postgres/,
      'x-jacker.postgres',
    ],
    [
      "a role that is another one's owner",
      [
        service('a', { postgres: { database: 'a', role: 'a' } }),
        service('b', { postgres: { database: 'b', role: 'a_owner' } }),
      ],
      /role a_owner/,
      'x-jacker.postgres',
    ],
    [
      'two services with one Redis user',
      ['a', 'b'].map((name) =>
        service(name, { redis: { user: 'same', prefix: `${name}:`, groups: ['data'] } }),
      ),
      /Redis user same/,
      'x-jacker.redis',
    ],
    [
      'a Redis user of the server itself',
      [service('a', { redis: { user: 'admin', prefix: 'a:', groups: ['data'] } })],
      /user admin/,
      'x-jacker.redis',
    ],
    [
      'a Redis prefix that covers another one',
      [
        service('a', { redis: { user: 'a', prefix: 'app', groups: ['data'] } }),
        service('b', { redis: { user: 'b', prefix: 'app:b:', groups: ['data'] } }),
      ],
      /prefix app/,
      'x-jacker.redis',
    ],
    [
      'two services with one volume',
      ['a', 'b'].map((name) =>
        service(name, { writes: [{ volume: 'same', path: '/data', why: 'Data.' }] }),
      ),
      /volume same/,
      'x-jacker.writes',
    ],
    [
      "the name of another one's proxy",
      [proxy, service('a', callsDocker), service('proxy-a')],
      /both want the name proxy-a/,
      'proxy',
    ],
  ])('is refused for %s, with file and key', (_, definitions, what, key) => {
    const data = [service('postgres'), service('redis')];
    const names = definitions
      .filter(({ manifest }) => !manifest.perConsumer)
      .map(({ name }) => name);
    const resolve = () => resolveStack(catalogOf(...definitions, ...data), all(...names));
    expect(resolve).toThrow(JackerError);
    try {
      resolve();
    } catch (error) {
      const { code, problems } = error as JackerError;
      expect(code).toBe('manifest-invalid');
      for (const problem of problems) {
        expect(problem).toMatchObject({
          where: {
            file: expect.stringMatching(/^compose\//) as string,
            line: expect.any(Number) as number,
          },
          hint: expect.stringMatching(/./) as string,
        });
      }
      const said = problems.filter((problem) => what.test(problem.what));
      expect(said).toHaveLength(1);
      expect(said[0]?.where?.key).toContain(key);
    }
  });
});
