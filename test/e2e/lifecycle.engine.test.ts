import { createServer } from 'node:net';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { ensureTestbed } from '../testbed/index.ts';
import { createHttpClient } from './http-client.ts';
import { killedAt } from './killed-up.ts';
import { createTestProject, type TestProject } from './project.ts';
import { addNotes, replaced, runningContainers, volumes } from './running.ts';

/** An override that lets the service end as soon as it has begun. */
const broken = `services:
  notes:
    command: [node, -e, "console.error('no greeting was found'); process.exit(3)"]
`;

let project: TestProject;

/** What the service answers through the edge. */
async function greeting(): Promise<{ status: number; body: string }> {
  const client = await createHttpClient(project);
  return client.get(`https://notes.${project.domain}:${String(project.httpsPort)}/`);
}

/** The generated files, without Jacker's own records. */
async function generatedFiles(): Promise<string[]> {
  const names = await readdir(project.directory, { recursive: true });
  return names.filter((name) => /^(compose|config|docker-compose\.yml)/.test(name)).sort();
}

/** The remedies of an error: the lines that are indented below a problem. */
function remedies(stderr: string): string[] {
  return stderr.split('\n').filter((line) => /^\s+(Run|Correct|Look at)/.test(line));
}

describe('the life of a project', () => {
  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), {
      settings: { PRESET: 'minimal', SERVICES_ENABLED: 'notes' },
    });
    await addNotes(project);
  });
  afterAll(() => project.remove());

  it('does not begin while a port of the edge is taken, and says by which setting', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(project.httpsPort, '127.0.0.1', resolve));
    try {
      const { exitCode, stderr } = await project.run(['up']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`port ${String(project.httpsPort)} on 127.0.0.1 is taken`);
      expect(stderr).toContain('HTTPS_PORT');
      expect(await generatedFiles()).toEqual([]);
      expect(await readdir(project.directory)).not.toContain('secrets');
      expect((await runningContainers(project)).size).toBe(0);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('ends a first start that fails with 7, the reason and the last words of the service', async () => {
    await project.write('overrides/broken.yml', broken);
    const { exitCode, stderr } = await project.run(['up']);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('no greeting was found');
    expect(stderr).toMatch(/no earlier generation to go back to/);
    expect(remedies(stderr).at(-1)).toContain('jacker up');
  });

  it('starts after the cause is corrected', async () => {
    await rm(join(project.directory, 'overrides/broken.yml'));
    await project.succeed(['up']);
    expect(await greeting()).toMatchObject({ status: 200, body: 'hello' });
  });

  it('gives a service the volumes that the engine made as root’s', async () => {
    const inside = [
      'exec',
      project.container('notes'),
      'stat',
      '-c',
      '%u:%g',
      '/data',
      '/usr/local/share/man',
    ];
    expect((await project.docker(inside)).stdout).toBe('1000:1000\n1000:1000');
  });

  it('leaves every container alone when nothing changed', async () => {
    const before = await runningContainers(project);
    const { stdout } = await project.succeed(['up']);
    expect(stdout).toBe('No changes.');
    expect(await runningContainers(project)).toEqual(before);
  });

  it('makes exactly the containers anew that a changed setting touches', async () => {
    const before = await runningContainers(project);
    await project.set({ NOTES_GREETING: 'good morning' });
    const plan = await project.succeed(['plan']);
    expect(plan.stdout).toContain('~ service notes');
    expect(await runningContainers(project)).toEqual(before);
    await project.succeed(['up']);
    expect(replaced(before, await runningContainers(project))).toEqual(['notes']);
    expect((await greeting()).body).toBe('good morning');
  });

  it('goes back to the generation that served when a service fails: 6, and it serves', async () => {
    await project.write('overrides/broken.yml', broken);
    const lock = await project.read('images.lock');
    const tree = await project.read('compose/notes.yml');
    const { exitCode, stderr } = await project.run(['up']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain('no greeting was found');
    expect(stderr).toMatch(/generation \d+ serves again/);
    expect(remedies(stderr).at(-1)).toContain('jacker up');
    expect(await greeting()).toMatchObject({ status: 200, body: 'good morning' });
    expect(await project.read('images.lock')).toBe(lock);
    expect(await project.read('compose/notes.yml')).toBe(tree);
    await rm(join(project.directory, 'overrides/broken.yml'));
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });

  it('keeps the digests of the images in force when a new image fails', async () => {
    const lock = await project.read('images.lock');
    await project.set({ NOTES_IMAGE: 'haproxy:3.2.21-alpine' });
    const { exitCode } = await project.run(['up']);
    expect(exitCode).toBe(6);
    expect(await project.read('images.lock')).toBe(lock);
    await project.set({ NOTES_IMAGE: null });
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });

  it('refuses with 75 while another run holds the lock, and names it', async () => {
    const files = nodeFileSystem();
    const world = {
      files,
      clock: { now: () => new Date() },
      random: { bytes: (count: number) => new Uint8Array(count) },
    };
    const lock = await acquireLock(world, project.directory, 'restore');
    try {
      for (const command of ['up', 'down', 'restart']) {
        const { exitCode, stderr } = await project.run([command]);
        expect(exitCode).toBe(75);
        expect(stderr).toContain(`"jacker restore" (process ${String(process.pid)}`);
      }
    } finally {
      await lock.release();
    }
    expect((await greeting()).status).toBe(200);
  });

  it('shows an edit of a generated file and applies nothing; --yes replaces it', async () => {
    const path = 'config/notes/greeting.txt';
    const before = await runningContainers(project);
    await rm(join(project.directory, path));
    await project.write(path, 'edited by hand');
    await project.set({ SIGN_IN_FOOTER: 'Changed meanwhile' });
    const { exitCode, stderr } = await project.run(['up']);
    expect(exitCode).toBe(5);
    expect(stderr).toContain(path);
    expect(await project.read(path)).toBe('edited by hand');
    expect(await project.read('config/oauth/templates/sign_in.html')).not.toContain(
      'Changed meanwhile',
    );
    expect(await runningContainers(project)).toEqual(before);
    await project.succeed(['up', '--yes']);
    expect(await project.read(path)).toBe('good morning');
    expect((await greeting()).body).toBe('good morning');
  });

  it('takes the files of a run that was killed for no edits, whatever is wanted by now', async () => {
    await project.set({ NOTES_GREETING: 'never served' });
    await killedAt(project, 'journal', 'set-ownership intent');
    expect(await project.read('config/notes/greeting.txt')).toBe('never served');
    await project.set({ NOTES_GREETING: 'good evening' });
    await project.succeed(['up']);
    expect((await greeting()).body).toBe('good evening');
  });

  it('restarts a service and is done when it serves again', async () => {
    const before = await runningContainers(project);
    await project.succeed(['restart', 'notes']);
    expect((await greeting()).body).toBe('good evening');
    expect(replaced(before, await runningContainers(project))).toEqual([]);
  });

  it('removes the container of a disabled service and keeps its volume', async () => {
    const before = await runningContainers(project);
    await project.set({ SERVICES_ENABLED: null });
    await project.succeed(['up']);
    const after = await runningContainers(project);
    expect(before.has('notes')).toBe(true);
    expect(after.has('notes')).toBe(false);
    expect(await volumes(project)).toContain('notes-data');
    expect(await generatedFiles()).not.toContain('compose/notes.yml');
  });

  it('keeps every volume on down, and destroys them only under the name of the project', async () => {
    const kept = await volumes(project);
    await project.succeed(['down']);
    expect((await runningContainers(project)).size).toBe(0);
    expect(await project.run(['restart'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('jacker up') as unknown,
    });
    expect(await volumes(project)).toEqual(kept);
    for (const confirmation of [[], ['--yes'], ['--confirm', 'another']]) {
      const { exitCode, stderr } = await project.run(['down', '--volumes', ...confirmation]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`--confirm ${project.name}`);
      expect(await volumes(project)).toEqual(kept);
    }
    await project.succeed(['down', '--volumes', '--confirm', project.name]);
    expect(await volumes(project)).toEqual([]);
  });
});
