import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeWorld } from '../../src/io/node-world.ts';
import { renderPlan, refuseEdits, plan, type Plan } from '../../src/usecases/plan.ts';
import { prepareProject } from '../../src/usecases/prepare.ts';
import { writeRendered } from '../../src/usecases/write-rendered.ts';
import type { AppContext } from '../../src/usecases/app-context.ts';
import { snapshot } from '../bad-input/folder.ts';
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
  const context: AppContext = {
    world,
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
  services: services
    .filter(({ kind }) => kind !== 'unchanged')
    .map(({ service, kind }) => `${kind} ${service}`),
  files: files.filter(({ kind }) => kind !== 'unchanged').map(({ path }) => path),
});

describe('the plan', () => {
  it('of what is written already is empty, and making it changes nothing', async () => {
    const context = await written({ '.env': env });
    const before = await snapshot(context.location.directory);
    const made = await plan(context);
    expect(made.hasChanges).toBe(false);
    expect(renderPlan(made)).toBe('No changes.\n');
    expect(await snapshot(context.location.directory)).toEqual(before);
  });

  it('names exactly the services and files that a setting touches', async () => {
    const context = await written({ '.env': env });
    await writeProject(context.location.directory, { '.env': `${env}SIGN_IN_BANNER=Hello\n` });
    const made = await plan(context);
    expect(changesOf(made)).toEqual({
      services: ['recreate oauth'],
      files: ['compose/oauth.yml', 'config/oauth/templates/sign_in.html'],
    });
    expect(renderPlan(made)).toContain('~ service oauth\n');
  });

  it('sees an override that is new, changed or gone', async () => {
    const context = await written({ '.env': env });
    const { directory } = context.location;
    await writeProject(directory, {
      'overrides/a.yml': 'services:\n  redis:\n    stop_grace_period: 40s\n',
    });
    const touched = { services: ['recreate redis'], files: ['compose/redis.yml'] };
    expect(changesOf(await plan(context))).toEqual(touched);
    await writeRendered(context);
    expect((await plan(context)).hasChanges).toBe(false);
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
    expect(changesOf(await plan(context)).services).toContain('create postgres');
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

  it('with an edit of a generated file is refused as a conflict once a generation is in force', () => {
    const change = {
      path: 'compose/redis.yml',
      kind: 'update',
      edited: true,
      from: { digest: 'x', mode: 0o644 },
    };
    const made = { generation: 3, files: [change] } as unknown as Plan;
    expect(() => {
      refuseEdits(made);
    }).toThrow(expect.objectContaining({ code: 'conflict', exitCode: 5 }) as Error);
    expect(() => {
      refuseEdits({ ...made, generation: null });
    }).not.toThrow();
  });
});
