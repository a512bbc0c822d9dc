import { spawn } from '@lydell/node-pty';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, createTestProject, type TestProject } from '../e2e/project.ts';
import { ensureTestbed } from '../testbed/index.ts';

/** What the commands say of a project that runs, and of one that does not. */
describe('a project on an engine', () => {
  let project: TestProject;
  const services = ['error-pages', 'oauth', 'redis', 'traefik'];

  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(() => undefined), {
      settings: { PRESET: 'minimal' },
    });
    await project.succeed(['init', '--no-input']);
  });
  afterAll(() => project.remove());

  it('plans before the first up what up then does, and shows it live in a terminal', async () => {
    const plan = await project.run(['plan', '--check']);
    expect(plan.exitCode).toBe(3);
    for (const service of services) expect(plan.stdout).toContain(`+ service ${service}`);
    expect(plan.stdout).toMatch(/^\+ pin .*redis:\S+ to its digest$/m);
    expect(plan.stdout).not.toMatch(/edited|No changes|not known/);

    const terminal = spawn(process.execPath, [binary, 'up'], {
      cwd: project.directory,
      cols: 100,
      rows: 40,
      env: { ...project.env, HOME: project.directory, TERM: 'xterm' },
    });
    let raw = '';
    terminal.onData((data) => (raw += data));
    const ended = await new Promise((resolve) =>
      terminal.onExit(({ exitCode }) => resolve(exitCode)),
    );
    expect(ended, raw).toBe(0);
    expect(raw).toContain('What changes');
    expect(raw).toContain('+ service traefik');
    expect(raw).not.toContain('No changes');
    // A row was written anew in its place.
    expect(raw).toContain(`${String.fromCharCode(27)}[2K`);
    expect(stripVTControlCharacters(raw)).toMatch(/traefik \w+/);
  });

  it('has no changes then, for plan as for up, which puts the schema for editors back', async () => {
    const schema = join(project.directory, '.jacker/schemas/service.schema.json');
    await rm(schema);
    expect(await project.run(['plan', '--check'])).toMatchObject({
      exitCode: 0,
      stdout: 'No changes.',
    });
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
    expect(await readFile(schema, 'utf8')).toBe(
      await readFile(join(import.meta.dirname, '../../schemas/service.schema.json'), 'utf8'),
    );
  });

  it('names every service that was restarted, and every line of the logs with its container', async () => {
    const restarted = await project.succeed(['restart', '--json']);
    expect(JSON.parse(restarted.stdout)).toEqual({ restarted: services });
    const logs = await project.succeed(['logs', 'redis', '--tail', '5', '--json']);
    const lines = JSON.parse(logs.stdout) as { container: string; line: string }[];
    expect(lines.length).toBeGreaterThan(0);
    for (const { container } of lines) expect(container).toBe('redis-1');
    expect(lines.map(({ line }) => line).join('\n')).toMatch(/Ready to accept connections/);
  });

  it('plans to start what was stopped, and to create what was taken down', async () => {
    await project.docker(['stop', project.container('error-pages')]);
    expect((await project.succeed(['plan'])).stdout).toBe('> start error-pages');
    await project.succeed(['down']);
    const plan = await project.run(['plan', '--check']);
    expect(plan.exitCode).toBe(3);
    expect(plan.stdout.split('\n')).toEqual(services.map((service) => `+ service ${service}`));
  });
});
