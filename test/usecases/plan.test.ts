import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeWorld } from '../../src/io/node-world.ts';
import { refuseEdits, plan, type Plan } from '../../src/usecases/plan.ts';
import { renderPlan } from '../../src/usecases/render-plan.ts';
import { prepareProject } from '../../src/usecases/prepare.ts';
import { writeRendered } from '../../src/usecases/write-rendered.ts';
import type { AppContext } from '../../src/usecases/app-context.ts';
import { snapshot } from '../bad-input/folder.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { root, writeProject, type ProjectFiles } from '../render/project-fixture.ts';

/** A project whose secrets exist and whose files are written. */
async function written(files: ProjectFiles): Promise<AppContext> {
  const directory = await temporaryFolder();
  await writeProject(directory, files);
  const world = nodeWorld({ color: 'never' });
  onTestFinished(() => {
    world.close();
  });
  // Whatever runs on this machine has nothing to do with it.
  const env = { ...world.env, DOCKER_HOST: `unix://${join(directory, 'no-engine.sock')}` };
  const context: AppContext = {
    world: { ...world, env },
    root,
    location: { directory, envPath: join(directory, '.env') },
    reporter: { step: () => undefined, progress: () => undefined, note: () => undefined },
  };
  await makeSecrets(context);
  await writeRendered(context);
  return context;
}

async function makeSecrets(context: AppContext): Promise<void> {
  const { secrets, specs } = await prepareProject(context);
  await secrets.ensure(specs.filter((spec) => !spec.rendered));
}
const env = 'DOMAIN=example.test\nPRESET=minimal\n';
const changesOf = ({ services, files }: Plan) => ({
  services: services.filter(({ because }) => because.length > 0).map(({ service }) => service),
  files: files.filter(({ kind }) => kind !== 'unchanged').map(({ path }) => path),
});

describe('the plan', () => {
  it('before the first up is never without changes, and making it changes nothing', async () => {
    const context = await written({ '.env': env });
    const before = await snapshot(context.location.directory);
    const made = await plan(context);
    expect(made).toMatchObject({ generation: null, hasChanges: true, secrets: [] });
    expect(made.files.filter(({ kind }) => kind !== 'unchanged')).toEqual([]);
    expect(new Set(made.services.map(({ kind }) => kind))).toEqual(new Set(['create']));
    expect(made.images).toContain('redis:8.10.1-alpine');
    const text = renderPlan(made);
    expect(text).not.toContain('No changes');
    expect(text).toContain('+ service redis\n');
    expect(text).toContain('+ pin redis:8.10.1-alpine to its digest\n');
    expect(text).toMatch(/^What runs is not known: /m);
    expect(await snapshot(context.location.directory)).toEqual(before);
  });

  it('calls no file edited that an earlier run wrote, and one that a person changed edited', async () => {
    const context = await written({ '.env': env });
    const { directory } = context.location;
    await writeProject(directory, { '.env': `${env}SIGN_IN_BANNER=Hello\n` });
    const edited = async () =>
      (await plan(context)).files.filter((file) => file.edited).map(({ path }) => path);
    expect(await edited()).toEqual([]);
    await context.world.files.write(join(directory, 'compose/oauth.yml'), 'services: {}\n', {
      mode: 0o644,
    });
    expect(await edited()).toEqual(['compose/oauth.yml']);
    expect(renderPlan(await plan(context))).toContain('~ compose/oauth.yml  (edited by hand');
    await expect(writeRendered(context)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes what a killed run wrote for no edit, before and after the record of it', async () => {
    const context = await written({ '.env': env });
    const { directory } = context.location;
    await writeProject(directory, { '.env': `${env}SIGN_IN_BANNER=Hello\n` });
    // It dies at the second file; what it did write is its own.
    const real = context.world.files;
    let writes = 0;
    const files: typeof real = {
      ...real,
      write: async (path, content, options) => {
        if (path.includes('/compose/') || path.includes('/config/')) {
          if (++writes > 1) throw new Error('killed');
        }
        await real.write(path, content, options);
      },
    };
    await expect(writeRendered({ ...context, world: { ...context.world, files } })).rejects.toThrow(
      'killed',
    );
    await writeProject(directory, { '.env': `${env}SIGN_IN_BANNER=Other\n` });
    expect((await plan(context)).files.filter((file) => file.edited)).toEqual([]);
  });

  it('lists the secrets that would be made, and plans with them without making them', async () => {
    const context = await written({ '.env': env });
    const { directory } = context.location;
    await writeProject(directory, {
      '.env': `${env}SERVICES_ENABLED=app\n`,
      'services/app.yml': serviceText('app', { postgres: { database: 'app', role: 'app' } }),
    });
    const before = await snapshot(directory);
    const made = await plan(context);
    expect(made.secrets).toContain('postgres-app');
    expect(changesOf(made).files).toContain('compose/app.yml');
    expect(renderPlan(made)).toContain('+ secret postgres-app\n');
    expect(await snapshot(directory)).toEqual(before);
  });

  it('names exactly the services and files that a setting touches', async () => {
    const context = await written({ '.env': env });
    await writeProject(context.location.directory, { '.env': `${env}SIGN_IN_BANNER=Hello\n` });
    const made = await plan(context);
    expect(changesOf(made)).toEqual({
      services: ['oauth'],
      files: ['compose/oauth.yml', 'config/oauth/templates/sign_in.html'],
    });
  });

  it('sees an override that is new, changed or gone', async () => {
    const context = await written({ '.env': env });
    const { directory } = context.location;
    await writeProject(directory, {
      'overrides/a.yml': 'services:\n  redis:\n    stop_grace_period: 40s\n',
    });
    const touched = { services: ['redis'], files: ['compose/redis.yml'] };
    expect(changesOf(await plan(context))).toEqual(touched);
    await writeRendered(context);
    expect(changesOf(await plan(context)).files).toEqual([]);
    await writeProject(directory, {
      'overrides/a.yml': 'services:\n  redis:\n    stop_grace_period: 41s\n',
    });
    expect(changesOf(await plan(context))).toEqual(touched);
    await context.world.files.remove(join(directory, 'overrides/a.yml'));
    expect(changesOf(await plan(context))).toEqual(touched);
  });

  it('sees a service that is turned on', async () => {
    const context = await written({ '.env': env });
    await writeProject(context.location.directory, {
      '.env': 'DOMAIN=example.test\nPRESET=standard\n',
    });
    await makeSecrets(context);
    expect(changesOf(await plan(context)).services).toContain('postgres');
  });

  it('holds no secret', async () => {
    const context = await written({ '.env': env });
    await context.world.files.removeTree(join(context.location.directory, 'config'));
    const text = JSON.stringify(await plan(context));
    const { secrets, specs } = await prepareProject(context);
    for (const { name } of specs.filter((spec) => !spec.rendered)) {
      const value = await secrets.read(name);
      expect(value).toBeTruthy();
      expect(text.includes(value!), name).toBe(false);
    }
  });

  it('with an edit of a generated file is refused as a conflict', () => {
    const change = {
      path: 'compose/redis.yml',
      kind: 'update',
      edited: true,
      from: { digest: 'x', mode: 0o644 },
    };
    for (const generation of [null, 3]) {
      expect(() => {
        refuseEdits({ generation, files: [change] } as unknown as Plan);
      }).toThrow(expect.objectContaining({ code: 'conflict', exitCode: 5 }) as Error);
    }
  });
});
