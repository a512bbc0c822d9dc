import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPathExpression } from '../../src/catalog/path-expression.ts';
import { parseService } from '../../src/catalog/parse-service.ts';
import { resolveStack } from '../../src/catalog/resolve-stack.ts';
import type { ServiceDefinition } from '../../src/catalog/service-definition.ts';
import { JackerError, type Problem } from '../../src/error.ts';
import { edgeRouters } from '../../src/render/edge.ts';
import { catalogOf, service, serviceText, settingsOf } from './manifests.ts';

/** A service of the user's own. */
const own = (name: string, needs: object, fragment: object = {}): ServiceDefinition =>
  parseService(`services/${name}.yml`, serviceText(name, needs, fragment));

function refusalOf(needs: object, fragment: object = {}): readonly Problem[] {
  try {
    own('app', needs, fragment);
  } catch (error) {
    expect(error).toBeInstanceOf(JackerError);
    expect(error).toMatchObject({ code: 'manifest-invalid', exitCode: 2 });
    return (error as JackerError).problems;
  }
  throw new Error('accepted');
}

const route = (more: object) => ({ routes: [{ name: 'web', host: 'app', port: 80, ...more }] });
const why = 'It is needed here.';

describe('a text of a manifest that would mean more than itself where it ends up', () => {
  it.each([
    ['a rule of its own', route({ path: '/`) || PathPrefix(`/' }), 'routes.0.path'],
    ['a backtick', route({ path: '/a`b' }), 'routes.0.path'],
    ['a blank', route({ path: '/a b' }), 'routes.0.path'],
    ['a line end', route({ path: '/a\n' }), 'routes.0.path'],
    ['a way up', route({ path: '/a/../b' }), 'routes.0.path'],
    ['an encoded slash', route({ path: '/a%2fb' }), 'routes.0.path'],
    ['another host', route({ host: 'a`) || Host(`b' }), 'routes.0.host'],
    ['a host of two labels', route({ host: 'a.b' }), 'routes.0.host'],
    [
      'what Traefik says of itself',
      route({ port: undefined, traefikService: 'api@internal' }),
      'routes.0.traefikService',
    ],
    ['a route to nowhere', route({ port: undefined }), 'routes.0'],
    ['headers that are no profile', route({ headers: 'none' }), 'routes.0.headers'],
    [
      'a tile of two lines',
      route({ tile: { title: 'a\nb', description: 'c' } }),
      'routes.0.tile.title',
    ],
    ['another end of a call', { docker: [{ method: 'GET', path: '/a|/b', why }] }, 'docker.0.path'],
    [
      'a group that is not its own',
      { docker: [{ method: 'GET', path: '/a)|(.*', why }] },
      'docker.0.path',
    ],
    [
      'a quotation in a call',
      { docker: [{ method: 'GET', path: '/a\\Q)\\E', why }] },
      'docker.0.path',
    ],
    [
      'a class that ends twice',
      { docker: [{ method: 'GET', path: '/a[\\])|(.*]', why }] },
      'docker.0.path',
    ],
    [
      'an assertion in a call',
      { docker: [{ method: 'GET', path: '/a(?=b)', why }] },
      'docker.0.path',
    ],
    [
      'a blank in a call',
      { docker: [{ method: 'GET', path: '/a } or { always_true', why }] },
      'docker.0.path',
    ],
    ['every key', { redis: { user: 'app', prefix: '**', groups: ['data'] } }, 'redis.prefix'],
    [
      'a rule for a prefix',
      { redis: { user: 'app', prefix: 'a ~*', groups: ['data'] } },
      'redis.prefix',
    ],
    [
      'a rule for a user',
      { redis: { user: 'app on', prefix: 'app:', groups: ['data'] } },
      'redis.user',
    ],
    [
      'a statement for a database',
      { postgres: { database: 'a"; drop', role: 'app' } },
      'postgres.database',
    ],
    ['all for a role', { postgres: { database: 'app', role: '"all"' } }, 'postgres.role'],
    ['options of a mount', { writes: [{ tmpfs: '/tmp:exec', size: '1m', why }] }, 'writes.0.tmpfs'],
    [
      'options of a mount after a comma',
      { writes: [{ tmpfs: '/tmp,suid', size: '1m', why }] },
      'writes.0.tmpfs',
    ],
    ['options of a size', { writes: [{ tmpfs: '/tmp', size: '1m,exec', why }] }, 'writes.0.size'],
    ['a mount over everything', { writes: [{ volume: 'data', path: '/', why }] }, 'writes.0.path'],
    [
      'a mount by a detour',
      { writes: [{ volume: 'data', path: '/a/../etc', why }] },
      'writes.0.path',
    ],
    [
      'a template from elsewhere',
      { config: [{ template: '../redis/redis.conf.hbs', target: '/a', format: 'text' }] },
      'config.0.template',
    ],
    [
      'a target by a detour',
      { config: [{ template: 'a.hbs', target: '/a/../b', format: 'text' }] },
      'config.0.target',
    ],
    [
      'a user with a colon',
      { secrets: [{ name: 'a', kind: 'htpasswd', of: 'b', user: 'a:b', help: why }] },
      'secrets.0.user',
    ],
    [
      'a name that is none',
      { secrets: [{ name: 'a', kind: 'certificate', names: ['a b'], help: why }] },
      'secrets.0.names.0',
    ],
    ['no health check by its name', { health: { test: ['NONE', ''] } }, 'health.test'],
    [
      'a time that Compose refuses',
      { health: { test: ['CMD', 'a'], interval: '1d' } },
      'health.interval',
    ],
    ['a script for documentation', { docs: 'javascript:alert(1)' }, 'docs'],
    ['an identity beyond every user', { identity: '99999999999:1' }, 'identity'],
    [
      'a capability with a rule',
      {
        exceptions: [
          { control: 'MED-002', value: 'CHOWN"\n', reason: 'It has to give files away.' },
        ],
      },
      'exceptions.0.value',
    ],
  ])('%s is refused with its place', (_, needs, key) => {
    expect(refusalOf(needs)).toMatchObject([
      {
        where: {
          file: 'services/app.yml',
          line: expect.any(Number) as number,
          key: `x-jacker.${key}`,
        },
        hint: expect.stringMatching(/./) as string,
      },
    ]);
  });

  it.each([
    ['an image that is none', { image: 'a.a_a/b' }, 'image'],
    ["a label of Jacker's own", { labels: { 'io.jacker.task': '1' } }, 'labels.io.jacker.task'],
    [
      "a label of Compose's own",
      { labels: { 'com.docker.compose.project': 'x' } },
      'labels.com.docker.compose.project',
    ],
    ['the host as a host', { extra_hosts: { host: 'host-gateway' } }, 'extra_hosts.host'],
  ])('%s is refused with its place', (_, fragment, key) => {
    expect(refusalOf({}, fragment)).toMatchObject([
      { where: { file: 'services/app.yml', line: expect.any(Number) as number, key } },
    ]);
  });

  it.each(['/', '/api', '/api/', '/a/b.c/d_e~f-1', '/.well-known/x', '/...'])(
    'the path %s is one',
    (path) => {
      expect(own('app', route({ path })).manifest.routes[0]?.path).toBe(path);
    },
  );

  it.each([
    '/containers/json',
    '/containers/[a-z0-9][a-z0-9_.-]*/(start|stop)',
    '/v1\\.4/x{1,3}',
    '/a(/b(c|d)?)*',
    '/images/.+/json',
  ])('%s is an expression of a call', (path) => {
    expect(isPathExpression(path)).toBe(true);
  });

  it('an expression that is taken matches inside its anchors, by itself', () => {
    const pieces = [
      '/a',
      '(',
      ')',
      '|',
      '[a-z]',
      '[^/]',
      '.',
      '*',
      '+',
      '?',
      '\\.',
      '{2}',
      '[',
      ']',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 10 }),
        (parts) => {
          const text = parts.join('');
          fc.pre(isPathExpression(text));
          const rule = new RegExp(`^(/v[0-9]+\\.[0-9]+)?${text}$`);
          const group = new RegExp(`^(?:/v[0-9]+\\.[0-9]+)?(?:${text})$`);
          for (const path of ['/a', '/a/a', 'x/a', '/ax', '', '/v1.40/a', 'b/v1.40/a/']) {
            expect(rule.test(path)).toBe(group.test(path));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a path that is taken stays one argument of its rule', () => {
    const path = fc.string({ unit: fc.constantFrom('/', 'a', '.', '`', ')', ' ', '~', '|', '%') });
    fc.assert(
      fc.property(path, (text) => {
        let definition: ServiceDefinition;
        try {
          definition = own('app', route({ path: `/${text}` }));
        } catch {
          fc.pre(false);
          return;
        }
        const stack = resolveStack(
          catalogOf(definition, service('traefik')),
          settingsOf({ SERVICES_ENABLED: ['app'], DOMAIN: 'example.test' }),
        );
        const { rule } = edgeRouters(stack)[0] ?? { rule: '' };
        expect(rule).toMatch(/^Host\(`app\.example\.test`\) && PathPrefix\(`\/[^`() |]*`\)$/);
      }),
    );
  });
});

describe('a route that would stand in the way of the platform', () => {
  const stackOf = (...definitions: ServiceDefinition[]) =>
    resolveStack(
      catalogOf(
        service('traefik', {
          essential: true,
          routes: [{ name: 'dashboard', host: 'traefik', port: 1 }],
        }),
        service('oauth', { essential: true, routes: [{ name: 'sign-in', host: 'auth', port: 1 }] }),
        ...definitions,
      ),
      settingsOf({ SERVICES_ENABLED: definitions.map(({ name }) => name) }),
    );
  const problemOf = (...definitions: ServiceDefinition[]): Problem | undefined => {
    try {
      stackOf(...definitions);
    } catch (error) {
      return (error as JackerError).problems[0];
    }
    throw new Error('accepted');
  };

  it('on the host of the sign-in page is refused: its longer path would win', () => {
    expect(problemOf(own('app', route({ host: 'auth', path: '/oauth2/sign_in' })))).toMatchObject({
      what: "app wants a part of auth.example.test, which is oauth's",
      where: { file: 'services/app.yml', key: 'x-jacker.routes.0.host' },
    });
  });

  it('with the name of the catch-all is refused: the file would hold one name twice', () => {
    const needs = { routes: [{ name: 'host', host: 'app', port: 80 }] };
    expect(problemOf(own('unknown', needs))).toMatchObject({
      what: 'unknown and the edge both want the router unknown-host',
      where: { file: 'services/unknown.yml', key: 'x-jacker.routes.0.name' },
    });
    const pages = { routes: [{ name: 'pages', host: 'app', port: 80 }] };
    expect(problemOf(own('error', pages))?.what).toContain('error-pages');
  });

  it('with the name that another service comes to is refused', () => {
    const one = own('a', { routes: [{ name: 'b-c', host: 'one', port: 80 }] });
    const two = own('a-b', { routes: [{ name: 'c', host: 'two', port: 80 }] });
    expect(problemOf(one, two)?.what).toBe('a-b and a both want the router a-b-c');
  });

  it('two templates that make one file are refused', () => {
    const config = ['a.conf', 'a.conf.hbs'].map((template, index) => ({
      template,
      target: `/etc/${String(index)}`,
      format: 'text',
    }));
    expect(problemOf(own('app', { config }))).toMatchObject({
      what: 'a.conf and a.conf.hbs make the same file',
      where: { key: 'x-jacker.config.0.template' },
    });
  });

  it('on a host of its own is taken', () => {
    expect(stackOf(own('app', route({}))).routes).toHaveLength(3);
  });
});
