import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/docker/engine.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import { resolveDigests } from '../../src/docker/images.ts';
import { parseImageReference } from '../../src/docker/image-reference.ts';
import type { PullProgress } from '../../src/docker/pull.ts';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { ensureTestbed } from '../testbed/index.ts';

const testbed = await ensureTestbed();
const registry = testbed.registry?.host;
let engine: Engine;

beforeAll(async () => {
  engine = createEngine(await resolveEndpoint({ env: testbed.env, files: nodeFileSystem() }));
});

afterAll(() => {
  engine.close();
});

async function failureOf(work: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JackerError)) throw new Error(`no JackerError but ${String(error)}`);
  return error;
}

const docker = (argv: string[], input = '') =>
  execa('docker', argv, { env: testbed.env, extendEnv: false, input });

/** Pushes a new image, whose content is `text`, under a reference of the testbed's registry. */
async function publish(reference: string, text: string): Promise<void> {
  await docker(['import', '--message', text, '-', reference], emptyTar);
  await docker(['push', '--quiet', reference]);
}

const emptyTar = '\0'.repeat(1024);

describe('an image of the engine', () => {
  it('is described as far as it matters, and null where it is missing', async () => {
    const image = await engine.inspectImage(testbed.images.toolbox);
    expect(image?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(image?.cmd).toEqual(['sh']);
    expect(image?.repoDigests.length).toBeGreaterThan(0);
    expect(await engine.inspectImage('jacker-test/none:1')).toBeNull();
  });
});

describe('the registry', () => {
  it('tells what a tag means now', async () => {
    const answer = await engine.distributionDigest(testbed.images.toolbox);
    const pulled = await engine.pullImage(testbed.images.toolbox);
    expect(answer).toEqual({ digest: pulled });
  });

  it('is told apart: no such image, and no answer', async () => {
    const { registry: host, path } = parseImageReference(testbed.images.toolbox);
    const missing = await engine.distributionDigest(`${host}/${path}:no-such-tag`);
    expect(missing).toMatchObject({ digest: null, reason: 'not-found' });
    const silent = await engine.distributionDigest('127.0.0.1:1/some/image:1');
    expect(silent).toMatchObject({ digest: null, reason: 'unreachable' });
  });

  it('refuses a pull with its own words and a remedy', async () => {
    const error = await failureOf(engine.pullImage('127.0.0.1:1/some/image:1'));
    expect([error.code, error.problems[0]?.what]).toEqual([
      'image',
      'The image 127.0.0.1:1/some/image:1 cannot be pulled',
    ]);
    expect(error.problems[0]?.why).toContain('refused');
    expect(error.problems[0]?.hint).toContain('docker pull');
  });
});

describe.runIf(registry !== undefined)('the digests of references', () => {
  const stamp = Date.now().toString(36);
  const first = `${registry ?? ''}/jacker-docker-test/first:${stamp}`;
  const second = `${registry ?? ''}/jacker-docker-test/second:${stamp}`;

  beforeAll(async () => {
    await publish(first, 'one');
    await publish(second, 'two');
    await docker(['image', 'rm', first, second]);
  }, 60_000);

  afterAll(async () => {
    // By id: pulled again and again, an image is left without its tag.
    const repositories = ['first', 'second'].map(
      (name) => `${registry ?? ''}/jacker-docker-test/${name}`,
    );
    for (const repository of repositories) {
      const { stdout } = await docker(['image', 'ls', '--quiet', repository]);
      const ids = [...new Set(stdout.split('\n').filter(Boolean))];
      if (ids.length > 0) await docker(['image', 'rm', '--force', ...ids]);
    }
  });

  it('come from a pull where they are not locked, with progress', async () => {
    const progress: [string, PullProgress][] = [];
    const lock = await resolveDigests(
      engine,
      [second, first, first],
      {},
      {
        pull: true,
        onProgress: (reference, step) => progress.push([reference, step]),
      },
    );
    expect(Object.keys(lock)).toEqual([first, second]);
    expect(lock[first]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(lock[first]).not.toBe(lock[second]);
    const { repoDigests = [] } = (await engine.inspectImage(first)) ?? {};
    expect(repoDigests.map((entry) => entry.split('@')[1])).toEqual([lock[first]]);
    expect(progress.map(([reference]) => reference)).toContain(first);
  }, 60_000);

  it('come from the engine’s own images where nothing may be pulled', async () => {
    const pulled = await resolveDigests(engine, [first], {}, { pull: true });
    expect(await resolveDigests(engine, [first], {}, { pull: false })).toEqual(pulled);
    const error = await failureOf(
      resolveDigests(
        engine,
        ['jacker-test/none:1', first, 'jacker-test/none:2'],
        {},
        { pull: false },
      ),
    );
    expect(error.problems.map(({ what }) => what)).toEqual([
      'The image jacker-test/none:1 is not on this engine',
      'The image jacker-test/none:2 is not on this engine',
    ]);
  }, 60_000);

  it('are those of the reference or the lock where there are any, without asking anybody', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const pinned = `127.0.0.1:1/some/image:1@${digest}`;
    const lock = { '127.0.0.1:1/locked:1': digest, 'unused:1': digest };
    const references = ['127.0.0.1:1/locked:1', pinned];
    expect(await resolveDigests(engine, references, lock, { pull: true })).toEqual({
      '127.0.0.1:1/locked:1': digest,
      [pinned]: digest,
    });
  });

  it('stay locked when the same tag means another image', async () => {
    const lock = await resolveDigests(engine, [first, second], {}, { pull: true });
    expect((await engine.distributionDigest(first)).digest).toBe(lock[first]);

    await publish(first, 'changed under the same tag');
    const now = await engine.distributionDigest(first);
    expect(now.digest).not.toBe(lock[first]);

    expect(await resolveDigests(engine, [first, second], lock, { pull: true })).toEqual(lock);
    expect(await engine.distributionDigest('127.0.0.1:1/some/image:1')).toMatchObject({
      digest: null,
      reason: 'unreachable',
    });
    // The locked image is still to be had, by its digest.
    const { registry: host, path } = parseImageReference(first);
    const locked = await engine.pullImage(`${host}/${path}@${lock[first] ?? ''}`);
    expect(locked).toBe(lock[first]);
  }, 60_000);
});
