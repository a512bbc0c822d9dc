import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ensureTestbed } from '../testbed/index.ts';
import { createTestProject, type TestProject } from './project.ts';
import { addNotes, runningContainers } from './running.ts';

const testbed = await ensureTestbed();
const registry = testbed.registry?.host;
/** A tag of this run's own, which no other test meets when it moves. */
const image = `jacker-image-test/notes:${String(Date.now())}`;
const reference = `${registry ?? ''}/${image}`;

let project: TestProject;
let folder: string;

async function docker(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await project.docker(argv);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Pushes an image that no other label gives under the tag, and forgets it here. */
async function push(label: string): Promise<void> {
  const file = `FROM ${testbed.images.node}\nLABEL test.build=${label}\n`;
  await writeFile(join(folder, 'Dockerfile'), file);
  await docker('build', '--quiet', '--tag', reference, folder);
  await docker('push', '--quiet', reference);
  await docker('rmi', '--force', reference);
}

/** The services whose tag does not mean the running image any more, or of which that is unknown. */
async function movedTags(): Promise<Record<string, string>> {
  const { stdout } = await project.run(['verify', '--json', '--control', 'J-IMG-08']);
  const { observations } = JSON.parse(stdout) as {
    observations: { subject: string; status: string }[];
  };
  expect(observations.length).toBeGreaterThan(4);
  return Object.fromEntries(
    observations
      .filter(({ status }) => status !== 'pass')
      .map(({ subject, status }) => [subject, status]),
  );
}

describe.runIf(registry !== undefined)('the images that run', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jacker-image-'));
    project = await createTestProject(testbed, {
      settings: { PRESET: 'minimal', SERVICES_ENABLED: 'notes', NOTES_IMAGE: image },
    });
    await addNotes(project);
    await push('first');
    await project.succeed(['up']);
  });
  afterAll(async () => {
    const held = await docker('images', '-q', reference.replace(/:\d+$/, ''));
    await project.remove();
    for (const id of held.split('\n').filter(Boolean)) await project.docker(['rmi', '--force', id]);
    await rm(folder, { recursive: true, force: true });
  });

  it('are those of images.lock, each by its digest', async () => {
    const lock = parse(await project.read('images.lock')) as Record<string, string>;
    const running = await runningContainers(project);
    expect(running.size).toBeGreaterThan(4);
    for (const [service, { id, image: imageId }] of running) {
      const named = await docker('inspect', '--format', '{{.Config.Image}}', id);
      const [name = '', digest = ''] = named.split('@');
      expect(lock[name], service).toBe(digest);
      const digests = await docker('image', 'inspect', '--format', '{{.RepoDigests}}', imageId);
      expect(digests, service).toContain(`@${digest}`);
    }
  });

  it('are what their tags mean in the registry', async () => {
    expect(await movedTags()).toEqual({});
  });

  it('stay what they are when the tag means another image; that is told, not taken', async () => {
    const lock = await project.read('images.lock');
    const before = await runningContainers(project);
    await push('second');

    expect((await project.succeed(['plan'])).stdout).toBe('No changes.');
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
    expect(await runningContainers(project)).toEqual(before);
    expect(await project.read('images.lock')).toBe(lock);

    expect(await movedTags()).toEqual({ notes: 'fail' });
  });

  it('are made from the locked digest also after the image is gone from the host', async () => {
    const lock = await project.read('images.lock');
    const label = '{{index .Config.Labels "test.build"}}';
    await project.succeed(['down']);
    await docker('rmi', '--force', `${reference.replace(/:\d+$/, '')}@${digestOf(lock)}`);
    await project.succeed(['up']);
    expect(await docker('inspect', '--format', label, project.container('notes'))).toBe('first');
    expect(await project.read('images.lock')).toBe(lock);
  });

  it('take the other image once its line is taken out of images.lock', async () => {
    const lock = await project.read('images.lock');
    const kept = lock.split('\n').filter((line) => !line.includes(image));
    await project.write('images.lock', kept.join('\n'));
    await project.succeed(['up']);
    const label = '{{index .Config.Labels "test.build"}}';
    expect(await docker('inspect', '--format', label, project.container('notes'))).toBe('second');
  });
});

function digestOf(lock: string): string {
  return (parse(lock) as Record<string, string>)[reference] ?? '';
}
