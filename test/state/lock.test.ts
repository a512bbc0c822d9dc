import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import type { FileSystem } from '../../src/io/file-system.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { acquireLock } from '../../src/state/lock.ts';
import type { Lock, LockContext } from '../../src/state/lock.ts';
import { startChild } from '../io/child-process.ts';
import type { Child } from '../io/child-process.ts';
import { dyingFileSystem, untilKilled } from '../io/dying-file-system.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const program = join(import.meta.dirname, 'lock.child.ts');
const real = nodeFileSystem();

function contextOn(files: FileSystem): LockContext {
  return {
    files,
    clock: { now: () => new Date('2026-01-02T03:04:05Z') },
    random: { bytes: (count) => randomBytes(count) },
  };
}

const context = contextOn(real);

/** The real file system, with other answers for some paths. */
function withFiles(base: FileSystem, answers: Readonly<Record<string, string | null>>): FileSystem {
  return {
    ...base,
    readText: async (path) => {
      const answer = answers[path];
      return answer === undefined ? base.readText(path) : answer;
    },
  };
}

/** As a process of this machine sees it that has ended by now: its id was given to this one. */
async function asEndedProcess(base: FileSystem): Promise<FileSystem> {
  const stat = (await real.readText('/proc/self/stat')) ?? '';
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  fields[19] = '1';
  return withFiles(base, { '/proc/self/stat': `${process.pid} (old) ${fields.join(' ')}` });
}

async function refusal(act: Promise<unknown>): Promise<JackerError> {
  const error = await act.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JackerError);
  return error as JackerError;
}

async function projectWithLock(content: string): Promise<string> {
  const project = await temporaryFolder();
  await mkdir(join(project, '.jacker'));
  await writeFile(join(project, '.jacker', 'lock'), content);
  return project;
}

/** A project whose lock was left behind by a process that has ended. */
async function abandonedProject(): Promise<string> {
  const project = await temporaryFolder();
  await acquireLock(contextOn(await asEndedProcess(real)), project, 'up');
  return project;
}

async function startRacers(project: string, count: number, ...args: string[]): Promise<Child[]> {
  const racers = Array.from({ length: count }, () => startChild(program, [project, ...args]));
  for (const racer of racers) expect(await racer.line()).toBe('ready');
  for (const racer of racers) racer.process.stdin.write('go\n');
  return racers;
}

describe('the lock of a project', () => {
  it('refuses a second command, naming the first, its process and its start', async () => {
    const project = await temporaryFolder();
    const lock = await acquireLock(context, project, 'update');
    const error = await refusal(acquireLock(context, project, 'up'));
    expect(error.code).toBe('lock-held');
    expect(error.exitCode).toBe(75);
    expect(error.message).toContain('"jacker update"');
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).toContain('2026-01-02T03:04:05.000Z');
    await lock.release();
    await (await acquireLock(context, project, 'up')).release();
    expect(await readdir(join(project, '.jacker'))).toEqual([]);
  });

  it('is given back once, and only by who holds it', async () => {
    const project = await temporaryFolder();
    const path = join(project, '.jacker', 'lock');
    const first = await acquireLock(context, project, 'up');
    await first.release();
    const second = await acquireLock(context, project, 'up');
    await first.release();
    expect(await readFile(path, 'utf8')).toContain('"up"');
    await second.release();
  });

  it('is readable by nobody else', async () => {
    const project = await temporaryFolder();
    await acquireLock(context, project, 'up');
    expect((await real.facts(join(project, '.jacker')))?.mode).toBe(0o700);
    expect((await real.facts(join(project, '.jacker', 'lock')))?.mode).toBe(0o600);
  });

  it('does not make the project folder', async () => {
    const project = join(await temporaryFolder(), 'missing');
    expect((await refusal(acquireLock(context, project, 'up'))).code).toBe('project-missing');
    expect(await real.facts(project)).toBeNull();
  });

  it('is held by a child that runs, and taken over once it was killed', async () => {
    const project = await temporaryFolder();
    const [child] = await startRacers(project, 1, 'once');
    expect(await child?.line()).toBe('held');
    const error = await refusal(acquireLock(context, project, 'up'));
    expect(error.message).toContain(`process ${child?.process.pid ?? 0}`);
    child?.process.kill('SIGKILL');
    await child?.ended;
    await (await acquireLock(context, project, 'up')).release();
  });
});

describe('a lock that was left behind', () => {
  it.each(['', '\n', 'garbage', '{}', '{"process":{"pid":1}}', 'null'])(
    'with the content %j is taken over',
    async (content) => {
      const project = await projectWithLock(content);
      await acquireLock(context, project, 'up');
      expect((await refusal(acquireLock(context, project, 'up'))).code).toBe('lock-held');
    },
  );

  it('is taken over when its process id belongs to another process by now', async () => {
    await acquireLock(context, await abandonedProject(), 'up');
  });

  it('is taken over after a restart of the machine, though the process id is in use', async () => {
    const project = await temporaryFolder();
    const before = withFiles(real, { '/proc/sys/kernel/random/boot_id': 'another-boot\n' });
    await acquireLock(contextOn(before), project, 'up');
    await acquireLock(context, project, 'up');
  });

  it('is left alone when it belongs to another container, whose processes are not seen', async () => {
    const project = await temporaryFolder();
    const inside = withFiles(real, { '/proc/1/stat': `1 (init) S${' 0'.repeat(18)} 424242` });
    await acquireLock(contextOn(inside), project, 'up');
    const error = await refusal(acquireLock(context, project, 'up'));
    expect(error.code).toBe('lock-held');
    expect(error.message).toMatch(/another container/);
    expect(error.message).toContain(`remove ${join(project, '.jacker', 'lock')}`);
  });

  it.each(['/proc/self/stat', '/proc/1/stat', '/proc/sys/kernel/random/boot_id'])(
    'is left alone where the machine has no %s',
    async (missing) => {
      const project = await abandonedProject();
      const blind = contextOn(withFiles(real, { [missing]: null }));
      const error = await refusal(acquireLock(blind, project, 'up'));
      expect(error.code).toBe('lock-held');
      expect(error.message).toContain(`remove ${join(project, '.jacker', 'lock')}`);
      // The other way round: a blind holder is not taken for dead.
      const other = await temporaryFolder();
      const lock = await acquireLock(blind, other, 'up');
      expect((await refusal(acquireLock(context, other, 'up'))).code).toBe('lock-held');
      await lock.release();
    },
  );

  it('goes to exactly one of many processes that find it', async () => {
    for (let round = 0; round < 4; round++) {
      const project = await abandonedProject();
      const racers = await startRacers(project, 6, 'once');
      const answers = await Promise.all(racers.map((racer) => racer.line()));
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
      expect(answers.filter((answer) => answer?.startsWith('lock-held '))).toHaveLength(5);
      for (const racer of racers) racer.process.stdin.write('go on\n');
      for (const racer of racers) expect(await racer.ended).toBe(0);
      expect(await readdir(join(project, '.jacker'))).toEqual([]);
    }
  }, 60_000);

  it('goes to one at a time, while processes come, go and die with it', async () => {
    const project = await abandonedProject();
    const racers = await startRacers(project, 6, 'often', '25');
    for (const racer of racers) {
      expect(await racer.line()).toBe('done');
      expect(await racer.ended).toBe('SIGKILL');
    }
    await acquireLock(context, project, 'up');
    expect(await readdir(join(project, '.jacker'))).toEqual(['lock']);
  }, 120_000);

  it('goes to exactly one in every order in which the steps of three takers can fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const project = await abandonedProject();
        const scheduled = new Proxy(real, {
          get: (target, name, receiver) => {
            const operation = Reflect.get(target, name, receiver) as (
              ...args: unknown[]
            ) => Promise<unknown>;
            return async (...args: unknown[]) => {
              await scheduler.schedule(Promise.resolve(), String(name));
              return operation(...args);
            };
          },
        });
        const takers = [1, 2, 3].map(() => acquireLock(contextOn(scheduled), project, 'up'));
        const results = await scheduler.waitFor(Promise.allSettled(takers));
        const held = results.filter((result) => result.status === 'fulfilled');
        expect(held).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'rejected')
            expect(result.reason).toMatchObject({ code: 'lock-held' });
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('can be taken wherever the process before was killed while it took it over', async () => {
    for (let allowed = 0, done = false; !done; allowed++) {
      const project = await abandonedProject();
      // The first dies with the second lock in hand, the next one while taking that one over.
      for (const changes of [allowed, Math.max(1, allowed - 1)]) {
        const dying = contextOn(dyingFileSystem(await asEndedProcess(real), changes));
        done = await untilKilled(() => acquireLock(dying, project, 'up'));
      }
      const lock: Lock = await acquireLock(context, project, 'up');
      expect((await refusal(acquireLock(context, project, 'up'))).code).toBe('lock-held');
      expect(await readdir(join(project, '.jacker'))).toEqual(['lock']);
      await lock.release();
    }
  });
});
