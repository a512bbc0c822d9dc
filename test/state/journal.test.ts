import { randomBytes } from 'node:crypto';
import { appendFile, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import type { FileSystem } from '../../src/io/file-system.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { beginTransaction, readJournal, resumeTransaction } from '../../src/state/journal.ts';
import type { JournalContext } from '../../src/state/journal.ts';
import { dyingFileSystem, untilKilled } from '../io/dying-file-system.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const real = nodeFileSystem();
const what = { command: 'up', generation: 5, previous: 4 };

function contextOn(files: FileSystem): JournalContext {
  let time = Date.parse('2026-01-02T03:04:05Z');
  return {
    files,
    clock: { now: () => new Date(time++) },
    random: { bytes: (count) => randomBytes(count) },
  };
}

const context = contextOn(real);
const currentOf = (project: string): string =>
  join(project, '.jacker', 'journal', 'current.ndjson');

/** A transaction with one step done, one failed and one begun. */
async function unfinishedProject(): Promise<{ project: string; id: string }> {
  const project = await temporaryFolder();
  const transaction = await beginTransaction(context, project, what);
  await transaction.step('write-files', async () => undefined, { paths: ['compose/a.yml'] });
  await expect(
    transaction.step('engine', async () => {
      throw new JackerError('docker-failed', { what: 'a message with hunter2 inside' });
    }),
  ).rejects.toThrow('hunter2');
  const killed = dyingFileSystem(real, 1);
  const resumed = await resumeTransaction(
    contextOn(killed),
    project,
    (await readJournal(real, project))!,
  );
  await untilKilled(() => resumed.step('verify', async () => undefined));
  return { project, id: transaction.id };
}

describe('the journal', () => {
  it('says nothing where there is no transaction', async () => {
    expect(await readJournal(real, await temporaryFolder())).toBeNull();
  });

  it('tells of an unfinished transaction what was begun, done and failed', async () => {
    const { project, id } = await unfinishedProject();
    expect(await readJournal(real, project)).toEqual({
      id,
      ...what,
      startedAt: expect.stringMatching(/^2026-01-02T03:04:05/) as string,
      steps: [
        { name: 'write-files', state: 'done', data: { paths: ['compose/a.yml'] } },
        { name: 'engine', state: 'failed', data: {} },
        { name: 'verify', state: 'intent', data: {} },
      ],
    });
  });

  it('keeps the kind of an error, not its text', async () => {
    const { project } = await unfinishedProject();
    const text = await readFile(currentOf(project), 'utf8');
    expect(text).toContain('"docker-failed"');
    expect(text).not.toContain('hunter2');
  });

  it('has the intent on the disk before the act, and the result after it', async () => {
    const project = await temporaryFolder();
    const transaction = await beginTransaction(context, project, what);
    const result = await transaction.step('act', async () => {
      expect((await readJournal(real, project))?.steps).toMatchObject([{ state: 'intent' }]);
      return 'the result';
    });
    expect(result).toBe('the result');
    expect((await readJournal(real, project))?.steps).toMatchObject([{ state: 'done' }]);
  });

  it('tells attempts of one step apart', async () => {
    const project = await temporaryFolder();
    const transaction = await beginTransaction(context, project, what);
    const fail = async (): Promise<never> => {
      throw new Error('no');
    };
    await transaction.step('a', fail).catch(() => undefined);
    await transaction.step('a', async () => undefined);
    expect((await readJournal(real, project))?.steps).toMatchObject([
      { name: 'a', state: 'failed' },
      { name: 'a', state: 'done' },
    ]);
  });

  it.each(['committed', 'restored', 'abandoned'] as const)(
    'of a transaction that is %s goes to the archive',
    async (outcome) => {
      const { project, id } = await unfinishedProject();
      const unfinished = (await readJournal(real, project))!;
      await (await resumeTransaction(context, project, unfinished)).end(outcome);
      expect(await readJournal(real, project)).toBeNull();
      expect(await readdir(join(project, '.jacker', 'journal'))).toEqual([`${id}.ndjson`]);
      const archived = await readFile(join(project, '.jacker', 'journal', `${id}.ndjson`), 'utf8');
      expect(archived).toContain(`"outcome":"${outcome}"`);
    },
  );

  it('keeps the last 20 transactions', async () => {
    const project = await temporaryFolder();
    const ids: string[] = [];
    for (let round = 0; round < 23; round++) {
      const transaction = await beginTransaction(context, project, what);
      ids.push(`${transaction.id}.ndjson`);
      await transaction.end('committed');
    }
    expect(await readdir(join(project, '.jacker', 'journal'))).toEqual(ids.slice(-20));
  });

  it('refuses a new transaction until the unfinished one is recovered', async () => {
    const { project } = await unfinishedProject();
    await expect(beginTransaction(context, project, what)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('"jacker up" was not finished') as string,
    });
  });

  it('is readable by nobody else', async () => {
    const { project } = await unfinishedProject();
    expect((await real.facts(currentOf(project)))?.mode).toBe(0o600);
    expect((await real.facts(join(project, '.jacker', 'journal')))?.mode).toBe(0o700);
  });
});

describe('a journal cut short by a crash', () => {
  it('at any byte still tells all its complete lines, and can be gone on with', async () => {
    const { project, id } = await unfinishedProject();
    const whole = await readFile(currentOf(project));
    const states: (string[] | null)[] = [
      null,
      [],
      ['intent'],
      ['done'],
      ['done', 'intent'],
      ['done', 'failed'],
      ['done', 'failed', 'intent'],
    ];
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(currentOf(project), whole.subarray(0, length));
      const lines = whole.subarray(0, length).toString().split('\n').length - 1;
      const unfinished = await readJournal(real, project);
      expect(unfinished?.steps.map(({ state }) => state) ?? null).toEqual(states[lines]);
      if (unfinished === null) continue;
      expect(unfinished.id).toBe(id);
      if (length % 5 !== 0) continue;
      const resumed = await resumeTransaction(context, project, unfinished);
      await resumed.step('recover', async () => undefined);
      expect((await readJournal(real, project))?.steps.at(-1)).toMatchObject({
        name: 'recover',
        state: 'done',
      });
    }
  }, 60_000);

  it('in its first line counts as none: a new transaction can begin', async () => {
    const { project } = await unfinishedProject();
    await writeFile(currentOf(project), '{"at":"2026-');
    const transaction = await beginTransaction(context, project, what);
    expect((await readJournal(real, project))?.id).toBe(transaction.id);
  });

  it('between any two changes is read, resumed and ended by the next command', async () => {
    for (let allowed = 0, done = false; !done; allowed++) {
      const project = await temporaryFolder();
      const dying = contextOn(dyingFileSystem(real, allowed));
      const acts: string[] = [];
      done = await untilKilled(async () => {
        const transaction = await beginTransaction(dying, project, what);
        await transaction.step('act', async () => {
          acts.push('act');
        });
        await transaction.end('committed');
      });
      const unfinished = await readJournal(real, project);
      if (unfinished !== null && acts.length > 0) expect(unfinished.steps).toHaveLength(1);
      if (unfinished !== null) {
        await (await resumeTransaction(context, project, unfinished)).end('restored');
      }
      const next = await beginTransaction(context, project, what);
      await next.end('committed');
      expect(await readJournal(real, project)).toBeNull();
      expect(await readdir(join(project, '.jacker', 'journal'))).not.toContain('current.ndjson');
    }
  });
});

describe('a journal that was damaged afterwards', () => {
  it('is reported with its line, and not gone on with', async () => {
    const { project } = await unfinishedProject();
    const lines = (await readFile(currentOf(project), 'utf8')).split('\n');
    lines[2] = lines[2]!.replace('"done"', '"dome"');
    await writeFile(currentOf(project), lines.join('\n'));
    const error = await readJournal(real, project).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'project-invalid',
      problems: [{ where: { file: currentOf(project), line: 3 } }],
    });
    await expect(beginTransaction(context, project, what)).rejects.toThrow(/damaged/);
  });

  it('is reported for a foreign last line that is complete', async () => {
    const { project } = await unfinishedProject();
    await appendFile(currentOf(project), 'garbage\n');
    await expect(readJournal(real, project)).rejects.toThrow(/damaged/);
  });
});
