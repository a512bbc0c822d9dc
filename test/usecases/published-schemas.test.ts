import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requirePublishedSchemas } from '../../src/usecases/published-schemas.ts';
import { loadProject } from '../../src/usecases/project.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { goldenCases } from '../render/golden-cases.ts';
import { addSample, fileWorld, root, writeProject } from '../render/project-fixture.ts';

interface Schema {
  properties: Record<string, object>;
  $defs?: { manifest: { properties: Record<string, object> } };
}

/** Checks a project against the package's schemas, or against changed ones. */
async function check(
  files: Readonly<Record<string, string>>,
  options: { sample?: boolean; change?: (schema: Schema, name: string) => void } = {},
): Promise<void> {
  const directory = await temporaryFolder();
  await writeProject(directory, files);
  if (options.sample) await addSample(directory);
  const project = await loadProject(fileWorld, root, {
    directory,
    envPath: join(directory, '.env'),
  });
  const changed = join(directory, 'package');
  await mkdir(changed);
  await cp(join(root, 'schemas'), join(changed, 'schemas'), { recursive: true });
  for (const name of ['service.schema.json', 'settings.schema.json']) {
    const path = join(changed, 'schemas', name);
    const schema = JSON.parse(await readFile(path, 'utf8')) as Schema;
    options.change?.(schema, name);
    await writeFile(path, JSON.stringify(schema));
  }
  await requirePublishedSchemas(fileWorld, changed, project);
}

const app = {
  '.env': 'DOMAIN=example.test\nSERVICES_ENABLED=app\n',
  'services/app.yml': serviceText('app', {
    settings: [{ key: 'APP_MODE', type: 'string', help: 'A setting of its own.' }],
  }),
};

describe('the published schemas', () => {
  it.each(Object.entries(goldenCases))('take the project %s', async (name, { env }) => {
    await check({ '.env': env }, { sample: name === 'sample' });
  });

  it('take a service of the user, with a setting that no schema knows', async () => {
    await check({ ...app, '.env': `${app['.env']}APP_MODE=fast\n` });
  });

  it('refuse a service with file, line and key', async () => {
    const change = (schema: Schema, name: string): void => {
      if (name.startsWith('service'))
        schema.$defs!.manifest.properties['title'] = { type: 'number' };
    };
    const line = app['services/app.yml'].split('\n').findIndex((one) => one.includes('title:')) + 1;
    await expect(check(app, { change })).rejects.toMatchObject({
      code: 'manifest-invalid',
      problems: [
        {
          what: expect.stringContaining('must be number') as string,
          where: { file: 'services/app.yml', line, key: 'x-jacker.title' },
        },
      ],
    });
  });

  it('refuse a setting with file, line and key', async () => {
    const change = (schema: Schema, name: string): void => {
      if (name.startsWith('settings')) schema.properties['DOMAIN'] = { const: 'other.test' };
    };
    await expect(check(app, { change })).rejects.toMatchObject({
      code: 'settings-invalid',
      problems: [{ where: { line: 1, key: 'DOMAIN' } }],
    });
  });
});
