import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JackerError, type Problem } from '../../src/error.ts';
import { renderPrepared } from '../../src/usecases/prepare.ts';
import { refuseUnknownConditions } from '../../src/catalog/refuse-unknown-conditions.ts';
import { loadCatalog, settingDefinitions } from '../../src/usecases/project.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { fileWorld, prepareFixture, root, writeProject } from '../render/project-fixture.ts';

/** The problems of a project with a service of the user's own called `app` (and perhaps others). */
async function problemsOf(
  needs: object,
  others: Readonly<Record<string, string>> = {},
): Promise<readonly Problem[]> {
  const directory = await temporaryFolder();
  await writeProject(directory, {
    '.env': 'DOMAIN=example.test\nSERVICES_ENABLED=app\n',
    'services/app.yml': serviceText('app', needs),
    ...others,
  });
  try {
    await renderPrepared(await prepareFixture(directory));
  } catch (error) {
    expect(error).toBeInstanceOf(JackerError);
    expect((error as JackerError).exitCode).toBe(2);
    return (error as JackerError).problems;
  }
  throw new Error('accepted');
}

const setting = (more: object) => ({
  settings: [{ key: 'APP_X', type: 'string', help: 'A setting of the test.', ...more }],
});
const secret = (more: object) => ({
  secrets: [{ name: 'app-x', kind: 'password', help: 'A secret of the test.', ...more }],
});

describe('what is wrong with a service of one’s own has the place in its file', () => {
  it.each([
    [
      'a setting that another one contradicts',
      setting({ key: 'DOMAIN' }),
      'settings.0.key',
      14,
      /DOMAIN is declared twice/,
    ],
    [
      'a setting of a service of Jacker',
      setting({ key: 'RATE_API' }),
      'settings.0.key',
      14,
      /declared twice/,
    ],
    [
      'the image of a service',
      setting({ key: 'REDIS_IMAGE' }),
      'settings.0.key',
      14,
      /declared twice/,
    ],
    [
      'a default that its own type refuses',
      setting({ type: 'port', default: 'x' }),
      'settings.0.default',
      17,
      /default is refused/,
    ],
    [
      'a pattern that is none',
      setting({ pattern: '(' }),
      'settings.0.pattern',
      17,
      /not a regular expression/,
    ],
    [
      'an enumeration of nothing',
      setting({ type: 'enum' }),
      'settings.0.type',
      15,
      /without values/,
    ],
    [
      'bounds the wrong way round',
      setting({ type: 'integer', min: 2, max: 1 }),
      'settings.0.min',
      17,
      /greater than max/,
    ],
    [
      'a need for a setting that is none',
      setting({ required: { NONE_SUCH: ['x'] } }),
      'settings.0.required',
      17,
      /NONE_SUCH/,
    ],
    [
      'a secret of a service of Jacker',
      secret({ name: 'redis-admin' }),
      'secrets.0.name',
      14,
      /both declare the secret redis-admin/,
    ],
    [
      'a secret that a Redis user has',
      secret({ name: 'redis-traefik' }),
      'secrets.0.name',
      14,
      /both declare the secret/,
    ],
    [
      'a Redis user of a service of Jacker',
      { redis: { user: 'oauth', prefix: 'app:', groups: ['data'] } },
      'redis.user',
      14,
      /both want the Redis user oauth/,
    ],
    [
      'a part of the keys of another',
      { redis: { user: 'app', prefix: 'rate:x', groups: ['data'] } },
      'redis.prefix',
      15,
      /at the keys of app/,
    ],
    [
      'the keys of another',
      { redis: { user: 'app', prefix: 'ra', groups: ['data'] } },
      'redis.prefix',
      15,
      /at the keys of traefik/,
    ],
    [
      'a host of Jacker',
      { routes: [{ name: 'web', host: 'traefik', port: 1 }] },
      'routes.0.host',
      15,
      /both want traefik.example.test/,
    ],
    [
      'a condition on no setting',
      { when: { AUTH_MOD: ['local'] } },
      'when.AUTH_MOD',
      14,
      /AUTH_MOD, which does not exist/,
    ],
    [
      'a condition that never holds',
      { when: { AUTH_MODE: ['locale'] } },
      'when.AUTH_MODE.0',
      15,
      /"locale" is no value of AUTH_MODE/,
    ],
    [
      'a secret under such a condition',
      secret({ when: { NONE_SUCH: ['x'] } }),
      'secrets.0.when.NONE_SUCH',
      18,
      /NONE_SUCH/,
    ],
    [
      'a user by a setting that is none',
      secret({ kind: 'htpasswd', of: 'admin-password', user: '{{NONE_SUCH}}' }),
      'secrets.0.user',
      18,
      /NONE_SUCH/,
    ],
    [
      'a template that is not there',
      { config: [{ template: 'a.hbs', target: '/a', format: 'text' }] },
      'config.0.template',
      14,
      /services\/app\/a.hbs, which does not exist/,
    ],
  ])('%s', async (_, needs, key, line, what) => {
    const [first] = await problemsOf(needs);
    expect(first).toMatchObject({
      what: expect.stringMatching(what) as string,
      where: { file: 'services/app.yml', line, key: `x-jacker.${key}` },
      hint: expect.stringMatching(/./) as string,
    });
  });

  it('a value that a template cannot write has the line of the template', async () => {
    const needs = {
      ...setting({ default: 'a b' }),
      config: [{ template: 'a.hbs', target: '/a', format: 'acl' }],
    };
    const files = { 'services/app/a.hbs': '# one\nuser {{settings.APP_X}}\n' };
    expect(await problemsOf(needs, files)).toMatchObject([
      { where: { file: 'services/app/a.hbs', line: 2, key: 'settings.APP_X' } },
    ]);
  });
});

it('every condition of the package is one that can hold', async () => {
  const { catalog } = await loadCatalog(fileWorld, root, join(root, 'schemas'));
  expect(() => refuseUnknownConditions(catalog, settingDefinitions(catalog))).not.toThrow();
});
