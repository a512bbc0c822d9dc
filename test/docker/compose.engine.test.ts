import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCompose } from '../../src/docker/compose.ts';
import type { ComposeEvent } from '../../src/docker/compose-output.ts';
import { JackerError } from '../../src/error.ts';
import { ensureTestbed } from '../testbed/index.ts';
import { createTestbedProject, type TestbedProject } from './testbed-project.ts';

const services = `
services:
  web-app:
    image: TOOLBOX
    command: [sh, -c, 'echo "hello from web-app"; exec sleep infinity']
    init: true
    stop_grace_period: 0s
    volumes: ['data:/data']
    healthcheck: { test: [CMD, 'true'], interval: 1s }
  plain:
    image: TOOLBOX
    command: [sleep, infinity]
    init: true
    stop_grace_period: 0s
volumes: { data: {} }
`;

const { composeBinaries } = await ensureTestbed();
let project: TestbedProject | undefined;

afterEach(async () => {
  await project?.remove();
  project = undefined;
}, 60_000);

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

describe.each(composeBinaries.map(({ name }) => name))('%s', (composeName) => {
  it('starts, reports each step, lists, logs, restarts, stops and takes down', async () => {
    project = await createTestbedProject(services, { composeName });
    const { compose, engine, name } = project;
    expect(await compose.version()).toMatch(/^\d+\.\d+\.\d+/);
    await compose.config();
    expect(await compose.ps()).toEqual([]);

    const events: ComposeEvent[] = [];
    await compose.up({ waitTimeoutSeconds: 60, onEvent: (event) => events.push(event) });
    const states = (kind: string, of: string) =>
      events.filter((event) => event.kind === kind && event.name === of).map(({ state }) => state);
    expect(states('network', `${name}_default`)).toEqual(['Creating', 'Created']);
    expect(states('volume', `${name}_data`)).toEqual(['Creating', 'Created']);
    const container = states('container', `${name}-web-app-1`);
    for (const state of ['Creating', 'Created', 'Starting', 'Started', 'Waiting', 'Healthy']) {
      expect(container).toContain(state);
    }
    expect(events.find((event) => event.name === `${name}-web-app-1`)?.service).toBe('web-app');

    const listed = await compose.ps();
    expect(listed.map(({ service, state, health }) => [service, state, health]).sort()).toEqual([
      ['plain', 'running', ''],
      ['web-app', 'running', 'healthy'],
    ]);

    let text = '';
    await compose.logs({ services: ['web-app'], tail: 5, onOutput: (part) => (text += part) });
    expect(text).toContain('hello from web-app');

    expect(await compose.exec('plain', ['sh', '-c', 'exit 9'], { tty: false })).toBe(9);

    const before = await engine.inspectContainer(`${name}-plain-1`);
    await compose.restart(['plain']);
    const after = await engine.inspectContainer(`${name}-plain-1`);
    expect(after?.state.startedAt).not.toBe(before?.state.startedAt);

    await compose.stop(['plain']);
    const stopped = (await compose.ps()).find(({ service }) => service === 'plain');
    expect(stopped?.state).toBe('exited');

    await compose.down();
    expect(await compose.ps()).toEqual([]);
    expect((await engine.listVolumes({ project: name })).map((volume) => volume.name)).toEqual([
      `${name}_data`,
    ]);
  }, 120_000);

  it('touches nothing when nothing changed, and recreates on demand', async () => {
    project = await createTestbedProject(services, { composeName });
    const { compose, engine, name } = project;
    const ids = async () =>
      (await engine.listContainers({ project: name })).map(({ id }) => id).sort();
    await compose.up({ waitTimeoutSeconds: 60 });
    const first = await ids();
    await compose.up({ waitTimeoutSeconds: 60 });
    expect(await ids()).toEqual(first);
    await compose.up({ waitTimeoutSeconds: 60, services: ['plain'], recreate: 'always' });
    expect((await ids()).filter((id) => first.includes(id))).toHaveLength(1);
  }, 120_000);

  it('fails where a service does not become healthy, and names it', async () => {
    project = await createTestbedProject(
      services.replace(
        "test: [CMD, 'true'], interval: 1s",
        "test: [CMD, 'false'], interval: 1s, retries: 1",
      ),
      { composeName },
    );
    const error = await failureOf(project.compose.up({ waitTimeoutSeconds: 60 }));
    expect([error.code, error.exitCode]).toEqual(['docker-failed', 1]);
    expect(error.problems[0]?.why).toContain(`${project.name}-web-app-1`);
    expect(error.problems[0]?.why).toContain('unhealthy');
    expect(error.problems[0]?.why).not.toContain('{"');
  }, 120_000);

  it('refuses a file that is not valid, with the place of the fault', async () => {
    project = await createTestbedProject(`services:\n  a: { image: x, cap_dorp: [ALL] }\n`, {
      composeName,
    });
    const error = await failureOf(project.compose.config());
    expect(error.message).toContain('cap_dorp');
    await writeFile(join(project.folder, 'docker-compose.yml'), 'services: {}\n');
  }, 60_000);

  it('does not read the .env of the project for interpolation', async () => {
    project = await createTestbedProject(
      'services:\n  a: { image: TOOLBOX, command: [sh, -c, "echo got=${JACKER_TEST_VALUE-nothing}"] }\n',
      { composeName },
    );
    await writeFile(join(project.folder, '.env'), 'JACKER_TEST_VALUE=leaked\nCOMPOSE_PROFILES=x\n');
    // The service ends at once, which --wait reports as a failure; its log is what counts.
    await failureOf(project.compose.up({ waitTimeoutSeconds: 30 }));
    let text = '';
    await project.compose.logs({ onOutput: (part) => (text += part) });
    expect(text).toContain('got=nothing');
  }, 60_000);

  it('stops at a safe point when it is interrupted while it waits', async () => {
    const abort = new AbortController();
    project = await createTestbedProject(
      services.replace("test: [CMD, 'true'], interval: 1s", "test: [CMD, 'false'], interval: 60s"),
      { composeName, signal: abort.signal },
    );
    const began = Date.now();
    const error = await failureOf(
      project.compose.up({
        waitTimeoutSeconds: 50,
        onEvent: ({ state }) => {
          if (state === 'Waiting') abort.abort();
        },
      }),
    );
    expect(error.code).toBe('interrupted');
    expect(Date.now() - began).toBeLessThan(40_000);
    const states = (await project.engine.listContainers({ project: project.name })).map(
      ({ state }) => state,
    );
    expect(states).toEqual(['running', 'running']);
  }, 120_000);

  it('follows logs until it is interrupted', async () => {
    project = await createTestbedProject(services, { composeName });
    await project.compose.up({ waitTimeoutSeconds: 60 });
    const abort = new AbortController();
    const compose = createCompose({
      environment: project.endpoint.environment,
      projectDir: project.folder,
      projectName: project.name,
      files: [join(project.folder, 'docker-compose.yml')],
      signal: abort.signal,
    });
    const error = await failureOf(
      compose.logs({ follow: true, onOutput: (text) => text.includes('hello') && abort.abort() }),
    );
    expect(error.code).toBe('interrupted');
  }, 120_000);

  it('reports an engine that does not answer', async () => {
    project = await createTestbedProject(services, { composeName });
    const compose = createCompose({
      environment: { ...project.endpoint.environment, DOCKER_HOST: 'unix:///nonexistent.sock' },
      projectDir: project.folder,
      projectName: project.name,
      files: [join(project.folder, 'docker-compose.yml')],
    });
    const error = await failureOf(compose.up({ waitTimeoutSeconds: 5 }));
    expect(error.message).toMatch(/nonexistent\.sock/);
    expect(error.code).toBe('docker-unavailable');
  }, 60_000);
});
