import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { createHttpClient } from './http-client.ts';
import { createTestProject, type TestProject } from './project.ts';
import { runningContainers, volumes } from './running.ts';

const projects: TestProject[] = [];

function project(index: number): TestProject {
  const found = projects[index];
  if (!found) throw new RangeError(`there is no project ${String(index)}`);
  return found;
}

/** Signs in at a project's edge and opens its application; answers the visits in Postgres. */
async function visit(one: TestProject): Promise<number> {
  const client = await createHttpClient(one);
  await client.signIn(await one.read('secrets/admin-password'));
  const page = await client.get(`https://sample.${one.domain}:${String(one.httpsPort)}/`);
  expect(page.status).toBe(200);
  return Number(/id="postgres">(\d+)</.exec(page.body)?.[1]);
}

describe('two projects on one host', () => {
  beforeAll(async () => {
    const testbed = await ensureTestbed();
    for (let index = 0; index < 2; index++) {
      const one = await createTestProject(testbed, { sample: true });
      projects.push(one);
      await one.succeed(['up']);
    }
  });
  afterAll(async () => {
    for (const one of projects) await one.remove();
  });

  it('serve side by side, each from its own data', async () => {
    expect(await visit(project(0))).toBe(1);
    expect(await visit(project(0))).toBe(2);
    expect(await visit(project(1))).toBe(1);
  });

  it('have passwords and an authority of their own', async () => {
    for (const name of ['admin-password', 'postgres-sample', 'ca.crt']) {
      expect(await project(0).read(`secrets/${name}`)).not.toBe(
        await project(1).read(`secrets/${name}`),
      );
    }
    const client = await createHttpClient(project(1));
    const answer = await client.signIn(await project(0).read('secrets/admin-password'));
    expect([...client.cookies.keys()]).not.toContain('__Secure-jacker_session');
    expect(answer.status).not.toBe(302);
  });

  it('do not stop each other: one goes down with its data, the other serves on', async () => {
    const before = await runningContainers(project(1));
    const kept = await volumes(project(1));
    await project(0).succeed(['down', '--volumes', '--confirm', project(0).name]);
    expect((await runningContainers(project(0))).size).toBe(0);
    expect(await runningContainers(project(1))).toEqual(before);
    expect(await volumes(project(1))).toEqual(kept);
    expect(await visit(project(1))).toBe(2);
  });

  it('are told apart by name: a port of the other is refused with its container', async () => {
    await project(0).set({ HTTPS_PORT: String(project(1).httpsPort) });
    const { exitCode, stderr } = await project(0).run(['up']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(project(1).container('traefik'));
  });
});
