import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ensureTestbed } from '../testbed/index.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { expectWholeFiles, killedAt, pointsOf } from './killed-up.ts';
import { createTestProject, type Run, type TestProject } from './project.ts';
import { taskContainers } from './running.ts';

let project: TestProject;

describe('a change of a running project, killed at every journal write', () => {
  /** Signed in before the first kill. */
  let client: HttpClient;

  /** Opens the application's page; answers the visits that Redis counts. */
  const visits = async (): Promise<string | undefined> => {
    const page = await client.get(`https://sample.${project.domain}:${String(project.httpsPort)}/`);
    expect(page.status).toBe(200);
    return /id="redis">(\d+)</.exec(page.body)?.[1];
  };
  const psql = (sql: string): Promise<Run> =>
    project.docker(
      [
        'exec',
        '-i',
        project.container('postgres'),
        'psql',
        '-X',
        '-At',
        '-U',
        'postgres',
        '-d',
        'sample',
      ],
      sql,
    );

  beforeAll(async () => {
    const testbed = await ensureTestbed();
    project = await createTestProject(testbed, { sample: true });
    await project.succeed(['init', '--no-input']);
    await project.succeed(['up']);
    await psql('create table kept (n int); insert into kept values (42);');
    client = await createHttpClient(project);
    await client.signIn(await project.read('secrets/admin-password'));
    expect(await visits()).toBe('1');
  });
  afterAll(() => project.remove());

  it('loses nothing, leaves no half-written file, and the next up converges', async () => {
    // A rate limit concerns the edge alone, so that each round is short.
    await project.set({ RATE_API: '1/s:100' });
    const points = await pointsOf(project, 'journal');
    const steps = [
      'store-generation',
      'lock-images',
      'write',
      'set-ownership',
      'own-volumes',
      'start-data',
      'reconcile',
      'start',
      'commit',
    ];
    expect([...new Set(points)]).toEqual([
      'begin',
      ...steps.flatMap((step) => [`${step} intent`, `${step} done`]),
      'end committed',
      'archived',
    ]);
    expect(points.filter((point) => point === 'write done').length).toBeGreaterThan(1);
    for (const [index, point] of points.entries()) {
      const average = index + 2;
      await project.set({ RATE_API: `${String(average)}/s:100` });
      // A journal whose end is written is archived by the next change, as that one's first point.
      const left = points[index - 1] === 'end committed' ? 1 : 0;
      expect(await killedAt(project, 'journal', index + 1 + left)).toBe(point);
      // What the killed process left of files is whole even before the next command cleans up.
      for (const name of await readdir(join(project.directory, 'compose'))) {
        if (name.endsWith('.yml'))
          expect(parse(await project.read(`compose/${name}`))).toBeTypeOf('object');
      }
      await project.succeed(['up']);
      await expectWholeFiles(project);
      expect(await taskContainers(project)).toEqual([]);
      expect(await project.read('secrets/traefik.dynamic.middlewares.yml')).toContain(
        `average: ${String(average)}\n`,
      );
    }
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
    expect((await psql('select n from kept')).stdout.trim()).toBe('42');
    // The session of before and the application's counter are both in Redis.
    expect(await visits()).toBe('2');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    '%s in the middle ends with its code at a safe point, and the next up converges',
    async (signal, code) => {
      await project.set({ SIGN_IN_FOOTER: signal });
      const { spawn } = await import('node:child_process');
      const { binary } = await import('./project.ts');
      const child = spawn(process.execPath, [binary, 'up'], {
        cwd: project.directory,
        env: { ...project.env, HOME: project.directory },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let text = '';
      const ended = new Promise<number | null>((resolve) =>
        child.on('exit', (exit) => resolve(exit)),
      );
      await new Promise<void>((resolve) => {
        child.stderr.on('data', (data: Buffer) => {
          text += data.toString();
          if (text.includes('oauth')) resolve();
        });
      });
      child.kill(signal);
      expect(await ended).toBe(code);
      await project.succeed(['up']);
      expect((await project.succeed(['up'])).stdout).toBe('No changes.');
    },
  );
});
