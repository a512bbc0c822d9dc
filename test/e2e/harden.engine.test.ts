import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/docker/engine.ts';
import { resolveEndpoint } from '../../src/docker/endpoint.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { nodeWorld } from '../../src/io/node-world.ts';
import { packageRoot } from '../../src/io/package-files.ts';
import { hardenStack, type Hardened } from '../../src/usecases/harden.ts';
import { proveStack, type Trial } from '../../src/usecases/harden-prove.ts';
import { createTestbedProject } from '../docker/testbed-project.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { trialStacks } from './harden-stacks.ts';

let testbed: Testbed;
let engine: Engine;
let folder: string;
beforeAll(async () => {
  testbed = await ensureTestbed();
  engine = createEngine(await resolveEndpoint({ env: testbed.env, files: nodeFileSystem() }));
  folder = await mkdtemp(join(tmpdir(), 'jacker-harden-'));
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** A stack in a folder of its own; answers the path of its Compose file. */
async function lay(name: string): Promise<string> {
  const stack = trialStacks[name];
  if (!stack) throw new Error(`there is no stack ${name}`);
  const into = join(folder, name.replaceAll(/\W+/g, '-'));
  const compose = stack.compose
    .replaceAll('SAMPLE', testbed.images.sampleApp)
    .replaceAll('TOOLBOX', testbed.images.toolbox);
  for (const [file, text] of Object.entries({ ...stack.files, 'compose.yml': compose })) {
    await mkdir(dirname(join(into, file)), { recursive: true });
    await writeFile(join(into, file), text, { mode: 0o644 });
  }
  return join(into, 'compose.yml');
}

async function prove(
  path: string,
  options: { signal?: AbortSignal; onStep?: (text: string) => void } = {},
): Promise<Trial> {
  const real = nodeWorld({ color: 'never' });
  const world = {
    ...real,
    env: testbed.env,
    ...(options.signal ? { signal: options.signal } : {}),
  };
  try {
    return await proveStack(
      {
        world,
        root: packageRoot(),
        location: { directory: dirname(path), envPath: join(dirname(path), '.env') },
        reporter: {
          step: (text) => options.onStep?.(text),
          progress: () => undefined,
          note: () => undefined,
        },
      },
      { files: [path], workingDirectory: dirname(path), today: '2026-11-25' },
      { pull: false },
    );
  } finally {
    real.close();
  }
}

async function hardened(path: string, trial: Trial): Promise<{ text: string; result: Hardened }> {
  const result = await hardenStack(nodeFileSystem(), {
    files: [path],
    workingDirectory: dirname(path),
    today: '2026-11-25',
    proven: trial.changes,
    refuted: trial.refuted,
  });
  return { text: result.files[0]?.after ?? '', result };
}

/** Everything on the engine and in the temporary folder that carries the project's name. */
async function leftOf(project: string): Promise<string[]> {
  const filter = { project };
  return [
    ...(await engine.listContainers(filter)).map(({ name }) => name),
    ...(await engine.listNetworks({}))
      .map(({ name }) => name)
      .filter((name) => name.startsWith(project)),
    ...(await engine.listVolumes({}))
      .map(({ name }) => name)
      .filter((name) => name.startsWith(project)),
    ...(await readdir('/tmp')).filter((name) => name === project),
  ];
}

/** Starts a Compose text without its host ports, as the operator would; null where it is healthy. */
async function failureOf(text: string, path: string): Promise<string | null> {
  const withoutPorts = text
    .replaceAll(/ports: \[[^\]]*\],? ?/g, '')
    .replaceAll(/^ *ports:.*\n( *- .*\n)*/gm, '')
    .replaceAll('./', `${dirname(path)}/`);
  const project = await createTestbedProject(withoutPorts);
  try {
    await project.compose.up({ waitTimeoutSeconds: 60, services: [] });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await project.remove();
  }
}

describe.each([
  'an application with its stores',
  'a program that gives its rights up itself, and a proxy',
])('%s', (name) => {
  let path: string;
  let trial: Trial;
  let text: string;
  let result: Hardened;
  beforeAll(async () => {
    path = await lay(name);
    trial = await prove(path);
    ({ text, result } = await hardened(path, trial));
  });

  it('is proven, each service of it', () => {
    expect(trial.services.filter(({ provable }) => !provable)).toEqual([]);
    for (const { service } of trial.services) {
      const own = result.changes.filter((change) => change.service === service);
      const proven = own.filter(({ ground }) => ground === 'proven').map(({ key }) => key[0]);
      expect(proven).toEqual(
        expect.arrayContaining(['cap_drop', 'read_only', 'security_opt', 'mem_limit']),
      );
    }
    expect(text).toContain('[proven]');
  });

  it('is healthy with what it was left with', async () => {
    expect(await failureOf(text, path)).toBeNull();
  });

  it('breaks with one less, and the record says how', () => {
    for (const { service, change, key } of trial.changes) {
      if (change.kind !== 'add' || !['cap_add', 'tmpfs'].includes(key[0])) continue;
      for (const value of change.values) {
        const what = value.split(':')[0] ?? '';
        const found = trial.experiments.filter(
          (one) =>
            one.service === service && one.tried.startsWith('one less') && one.tried.includes(what),
        );
        expect([value, found.at(-1)?.result]).toEqual([value, 'breaks']);
        expect(found.at(-1)?.evidence).not.toBe('');
      }
    }
  });

  it('has a whole record', () => {
    for (const { service } of trial.services) {
      const own = trial.experiments.filter((one) => one.service === service);
      expect(own[0]).toMatchObject({ tried: 'as it is', result: 'holds' });
      expect(own.at(-2)?.tried).toMatch(/^left with .*no new privileges, read-only root/);
      expect(own.at(-1)).toMatchObject({
        tried: 'together with all others, from empty volumes',
        result: 'holds',
      });
      for (const one of own) expect(one.seconds).toBeGreaterThan(0);
    }
  });

  it('leaves nothing behind', async () => {
    expect(await leftOf(trial.project)).toEqual([]);
  });

  it('changes nothing the second time', async () => {
    await writeFile(join(dirname(path), 'again.yml'), text);
    const again = await hardened(join(dirname(path), 'again.yml'), trial);
    expect(again.text).toBe(text);
    expect(again.result.changes).toEqual([]);
  });
});

describe('a program that needs three capabilities', () => {
  it.each(['CHOWN', 'SETGID', 'SETUID'])(
    'does not start without %s in its hardened file',
    async (one) => {
      const path = await lay('a program that gives its rights up itself, and a proxy');
      const least = ['CHOWN', 'SETGID', 'SETUID'];
      const capabilities = `    cap_drop: [ALL]\n    cap_add: [${least.join(', ')}]\n`;
      const text = (await readFile(path, 'utf8')).replace('  proxy:', `${capabilities}  proxy:`);
      expect(await failureOf(text, path)).toBeNull();
      const less = text.replace(new RegExp(`(, )?\\b${one}\\b(?=[,\\]])`), '').replace('[, ', '[');
      expect(less).not.toBe(text);
      expect(await failureOf(less, path)).not.toBeNull();
    },
  );
});

describe('what a trial may not start, or cannot', () => {
  it('is told with the reason, and the rest is proven', async () => {
    const path = await lay('pages, and things that a trial may not start');
    const trial = await prove(path);
    const why = new Map(
      trial.services.map((one) => [one.service, one.provable ? 'proven' : one.why]),
    );
    expect(why.get('watcher')).toContain('/var/run/docker.sock');
    expect(why.get('absent')).toContain('not on this engine');
    expect(why.get('broken')).toContain('cannot go on');
    expect([why.get('web'), why.get('job')]).toEqual(['proven', 'proven']);
    expect(trial.experiments.some(({ service }) => ['watcher', 'absent'].includes(service))).toBe(
      false,
    );
    expect(await leftOf(trial.project)).toEqual([]);
    const { text, result } = await hardened(path, trial);
    expect(text).toMatch(/web: \{.*read_only: true.*\[proven\]/);
    for (const change of result.changes.filter(({ service }) => service === 'watcher')) {
      expect(change.ground).not.toBe('proven');
    }
  });

  it('is taken away again where somebody interrupts it', async () => {
    const path = await lay('an application with its stores');
    const controller = new AbortController();
    let project = '';
    const trial = prove(path, {
      signal: controller.signal,
      onStep: (text) => {
        project ||= /jacker-trial-\w+/.exec(text)?.[0] ?? '';
        if (text.startsWith('cache:') || text.startsWith('db:'))
          controller.abort(new Error('stopped'));
      },
    });
    await expect(trial).rejects.toThrow();
    expect(project).not.toBe('');
    expect(await leftOf(project)).toEqual([]);
  });
});
