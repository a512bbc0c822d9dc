import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject, locateProject } from '../../src/usecases/project.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import {
  fileOf,
  fileWorld,
  renderFiles,
  root,
  writeProject,
  type ProjectFiles,
} from '../render/project-fixture.ts';

async function load(files: ProjectFiles) {
  const directory = await temporaryFolder();
  await writeProject(directory, files);
  return loadProject(fileWorld, root, { directory, envPath: join(directory, '.env') });
}
const template = { template: 'app.json.hbs', target: '/etc/app.json', format: 'json' };

describe('locating a project', () => {
  it.each([
    [{}, '/work', '/work/.env'],
    [{ projectDir: 'a' }, '/work/a', '/work/a/.env'],
    [{ projectDir: '/b' }, '/b', '/b/.env'],
    [{ envFile: 'x.env' }, '/work', '/work/x.env'],
    [{ projectDir: 'a', envFile: 'x.env' }, '/work/a', '/work/x.env'],
    [{ projectDir: 'a', envFile: '/c/x.env' }, '/work/a', '/c/x.env'],
  ])('with %j', (flags, directory, envPath) => {
    expect(locateProject('/work', flags)).toEqual({ directory, envPath });
  });
});

describe('loading a project', () => {
  it('without an .env says what to do', async () => {
    await expect(load({})).rejects.toMatchObject({
      code: 'project-missing',
      exitCode: 2,
      problems: [{ hint: expect.stringMatching(/jacker init/) as string }],
    });
  });

  it('takes services and templates of the user from services/', async () => {
    const rendered = await renderFiles({
      '.env': 'DOMAIN=example.test\nSERVICES_ENABLED=app\n',
      'services/app.yml': serviceText('app', { config: [template] }),
      'services/app/app.json.hbs': '{ "domain": {{domain}} }\n',
      'services/notes.txt': 'not a service',
    });
    expect(fileOf(rendered, 'config/app/app.json')).toBe('{ "domain": "example.test" }\n');
    expect(fileOf(rendered, 'compose/app.yml')).toContain('target: /etc/app.json');
  });

  it.each([
    [
      "a service with a name of Jacker's own",
      { 'services/redis.yml': serviceText('redis') },
      { file: 'services/redis.yml' },
    ],
    [
      "templates for a service of Jacker's own",
      { 'services/oauth/oauth2-proxy.cfg.hbs': 'skip_auth_routes = [".*"]\n' },
      { file: 'services/oauth' },
    ],
    [
      'a service file with a mistake',
      { 'services/app.yml': 'services:\n  app:\n    image: x\n    privileged: true\n' },
      { file: 'services/app.yml', line: 4, key: 'privileged' },
    ],
  ])('refuses %s, with its place', async (_, files, where) => {
    await expect(load({ '.env': 'DOMAIN=example.test\n', ...files })).rejects.toMatchObject({
      code: 'manifest-invalid',
      exitCode: 2,
      problems: expect.arrayContaining([
        expect.objectContaining({ where: expect.objectContaining(where) as object }),
      ]) as unknown[],
    });
  });

  it('says which template is missing, and which line of one is wrong', async () => {
    const files = {
      '.env': 'DOMAIN=example.test\nSERVICES_ENABLED=app\n',
      'services/app.yml': serviceText('app', { config: [template] }),
    };
    await expect(renderFiles(files)).rejects.toMatchObject({
      code: 'template-invalid',
      problems: [{ what: expect.stringMatching(/app\.json\.hbs/) as string }],
    });
    for (const [text, what] of [
      ['{\n "a": {{{domain}}} }', /without quoting/],
      ['{\n "a": {{nothing}} }', /does not exist/],
      ['{\n "a": {{#if }} }', /./],
      ['{\n "a": {{settings}} }', /interpolates object/],
      ['{\n "a": {{constructor}} }', /./],
    ] as const) {
      await expect(
        renderFiles({ ...files, 'services/app/app.json.hbs': text }),
        text,
      ).rejects.toMatchObject({
        code: 'template-invalid',
        problems: [
          {
            what: expect.stringMatching(what) as string,
            where: { file: 'services/app/app.json.hbs', line: 2 },
          },
        ],
      });
    }
  });

  it('lists overrides by name, and only Compose files', async () => {
    const project = await load({
      '.env': 'DOMAIN=example.test\n',
      'overrides/b.yaml': '',
      'overrides/a.yml': '',
      'overrides/README': '',
    });
    expect(project.overrides).toEqual(['overrides/a.yml', 'overrides/b.yaml']);
  });
});
