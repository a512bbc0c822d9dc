import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderPrepared } from '../../src/usecases/prepare.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { goldenCases } from './golden-cases.ts';
import {
  addSample,
  allFiles,
  prepareFixture,
  renderFiles,
  root,
  writeProject,
} from './project-fixture.ts';

const { env } = goldenCases['sample']!;
const own = (title: string): string => `services:
  ${title}:
    image: registry.example.test/${title}:1.0.0
    x-jacker:
      title: ${title}
      description: One of several services of the user's own.
      category: application
      identity: "1000:1000"
      routes: [{ name: web, host: ${title}, port: 80 }]
      health: { test: [CMD, "true"] }
`;

describe('rendering', () => {
  it('gives the same bytes twice', async () => {
    const directory = await temporaryFolder();
    await writeProject(directory, { '.env': env });
    await addSample(directory);
    const prepared = await prepareFixture(directory);
    const first = await renderPrepared(prepared);
    expect(allFiles(await renderPrepared(prepared))).toEqual(allFiles(first));
    expect([...first.tree.keys()]).toEqual([...first.tree.keys()].sort());
  });

  it('does not depend on the order of the lines of the .env', async () => {
    const lines = env.split('\n').filter(Boolean);
    const expected = allFiles(await renderFiles({ '.env': env }, { sample: true }));
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(lines, { minLength: lines.length }),
        async (shuffled) => {
          const text = `${shuffled.join('\n')}\n`;
          const actual = allFiles(await renderFiles({ '.env': text }, { sample: true }));
          expect(actual).toEqual(expected);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('does not depend on the order in which files were made or are listed', async () => {
    const settings = 'DOMAIN=example.test\nSERVICES_ENABLED=zeta,alpha,mid\n';
    const folder = {
      '.env': settings,
      'services/zeta.yml': own('zeta'),
      'services/alpha.yml': own('alpha'),
      'services/mid.yml': own('mid'),
    };
    const backwards = Object.fromEntries(Object.entries(folder).reverse());
    const expected = allFiles(await renderFiles(folder));
    expect(allFiles(await renderFiles(backwards))).toEqual(expected);

    const directory = await temporaryFolder();
    await writeProject(directory, folder);
    const prepared = await prepareFixture(directory);
    const { project } = prepared;
    const templates = new Map([...project.templates].reverse());
    const actual = await renderPrepared({ ...prepared, project: { ...project, templates } });
    expect(allFiles(actual)).toEqual(expected);
  });

  it('gives the same bytes in another folder, time zone, language and environment', async () => {
    const outputs = await Promise.all(
      [
        { TZ: 'UTC', LANG: 'C' },
        {
          TZ: 'Asia/Kathmandu',
          LANG: 'tr_TR.UTF-8',
          LC_ALL: 'tr_TR.UTF-8',
          // Names of settings: the environment of the process is no source of settings.
          DOMAIN: 'elsewhere.test',
          PROJECT_NAME: 'elsewhere',
          COMPOSE_PROJECT_NAME: 'elsewhere',
          HOME: '/nonexistent',
        },
      ].map(async (environment) => {
        const directory = await temporaryFolder();
        await writeProject(directory, { '.env': env });
        await addSample(directory);
        const { stdout } = await execa(
          process.execPath,
          [join(root, 'test/render/render.child.ts'), directory],
          { cwd: directory, env: { ...environment }, extendEnv: false },
        );
        return stdout;
      }),
    );
    expect(outputs[0]).toMatch(/docker-compose\.yml$/m);
    expect(outputs[1]).toBe(outputs[0]);
  });
});
