import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { appendAudit, verifyAuditLog } from '../../src/state/audit-log.ts';
import type { AuditEntry } from '../../src/state/audit-log.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const files = nodeFileSystem();
const context = {
  files,
  clock: { now: () => new Date('2026-01-02T03:04:05Z') },
  identity: { uid: 1000, gid: 1000, groups: [1000] },
};

const pathOf = (project: string): string => join(project, '.jacker', 'audit.ndjson');

async function projectWithEntries(count: number): Promise<string> {
  const project = await temporaryFolder();
  for (let index = 0; index < count; index++) {
    await appendAudit(context, project, {
      action: 'up',
      data: { generation: index, b: 1, a: [null] },
    });
  }
  return project;
}

async function linesOf(project: string): Promise<string[]> {
  return (await readFile(pathOf(project), 'utf8')).trimEnd().split('\n');
}

describe('the audit log', () => {
  it('of a new project is empty and sound', async () => {
    expect(await verifyAuditLog(files, await temporaryFolder())).toEqual({
      entries: [],
      head: '0'.repeat(64),
      problems: [],
      tornLines: [],
    });
  });

  it('keeps who did what, when and after what', async () => {
    const project = await projectWithEntries(3);
    const { entries, head, problems } = await verifyAuditLog(files, project);
    expect(problems).toEqual([]);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(entries[2]).toMatchObject({
      at: '2026-01-02T03:04:05.000Z',
      uid: 1000,
      action: 'up',
      data: { generation: 2, b: 1, a: [null] },
      prev: entries[1]?.hash,
    });
    expect(head).toBe(entries[2]?.hash);
    expect((await files.facts(pathOf(project)))?.mode).toBe(0o600);
  });

  it('shows a change of any byte', async () => {
    const project = await projectWithEntries(3);
    const whole = await readFile(pathOf(project));
    const { head } = await verifyAuditLog(files, project);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 0x01;
      await writeFile(pathOf(project), changed);
      const result = await verifyAuditLog(files, project);
      // A changed last newline looks like a line cut short; the head tells.
      expect(result.problems.length > 0 || result.head !== head).toBe(true);
      if (at < whole.length - 1) expect(result.problems).not.toEqual([]);
    }
  });

  it.each<[string, (lines: string[]) => string[], number]>([
    ['removed', (lines) => lines.toSpliced(1, 1), 2],
    ['removed at the start', (lines) => lines.slice(1), 1],
    ['put twice', (lines) => lines.toSpliced(1, 0, lines[1]!), 3],
    ['put in from nowhere', (lines) => lines.toSpliced(2, 0, '{}'), 3],
    ['exchanged', (lines) => [lines[1]!, lines[0]!, ...lines.slice(2)], 1],
    ['blank', (lines) => lines.toSpliced(1, 0, ''), 2],
    ['added after the end', (lines) => [...lines, 'garbage'], 5],
  ])('shows an entry that is %s, with its line', async (_, change, line) => {
    const project = await projectWithEntries(4);
    await writeFile(pathOf(project), `${change(await linesOf(project)).join('\n')}\n`);
    const { problems } = await verifyAuditLog(files, project);
    expect(problems[0]?.where).toEqual({ file: pathOf(project), line });
  });

  it('shows an entry that was replaced by a sound one of the same number', async () => {
    const project = await projectWithEntries(3);
    const other = await temporaryFolder();
    for (const action of ['up', 'forged']) await appendAudit(context, other, { action });
    const lines = (await linesOf(project)).with(1, (await linesOf(other))[1]!);
    await writeFile(pathOf(project), `${lines.join('\n')}\n`);
    const { problems } = await verifyAuditLog(files, project);
    expect(problems.map(({ where }) => where?.line)).toEqual([2, 3]);
  });

  it('still shows it after further entries', async () => {
    const project = await projectWithEntries(2);
    const lines = await linesOf(project);
    await writeFile(pathOf(project), `${lines[0]}\n${lines[1]!.replace('"up"', '"no"')}\n`);
    await appendAudit(context, project, { action: 'down' });
    const { problems } = await verifyAuditLog(files, project);
    expect(problems[0]?.where?.line).toBe(2);
  });

  it('takes any JSON as data and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), fc.jsonValue()),
        async (data) => {
          const project = await temporaryFolder();
          await appendAudit(context, project, { action: 'x', data: data as AuditEntry['data'] });
          await appendAudit(context, project, { action: 'y' });
          const { problems, entries } = await verifyAuditLog(files, project);
          expect(problems).toEqual([]);
          expect(entries).toHaveLength(2);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('an audit log cut short by a crash', () => {
  it('at any byte of its last line says so, and goes on soundly', async () => {
    const project = await projectWithEntries(3);
    const whole = await readFile(pathOf(project));
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine; length <= whole.length; length++) {
      await writeFile(pathOf(project), whole.subarray(0, length));
      const complete = length >= whole.length - 1;
      const torn = length > lastLine && !complete;
      const before = await verifyAuditLog(files, project);
      expect(before.problems).toEqual([]);
      expect(before.tornLines).toEqual(torn ? [3] : []);
      expect(before.entries).toHaveLength(complete ? 3 : 2);

      await appendAudit(context, project, { action: 'after' });
      const after = await verifyAuditLog(files, project);
      expect(after.problems).toEqual([]);
      expect(after.tornLines).toEqual(torn ? [3] : []);
      expect(after.entries.at(-1)?.action).toBe('after');
      expect(after.entries).toHaveLength(complete ? 4 : 3);
    }
  }, 30_000);

  it('twice in a row goes on soundly', async () => {
    const project = await projectWithEntries(1);
    const whole = await readFile(pathOf(project), 'utf8');
    await writeFile(pathOf(project), `${whole}{"at":\n{"at`);
    await appendAudit(context, project, { action: 'after' });
    const { problems, tornLines, entries } = await verifyAuditLog(files, project);
    expect(problems).toEqual([]);
    expect(tornLines).toEqual([2, 3]);
    expect(entries).toHaveLength(2);
  });

  it('shows a torn line that was changed or removed later', async () => {
    const project = await projectWithEntries(1);
    const whole = await readFile(pathOf(project), 'utf8');
    await writeFile(pathOf(project), `${whole}{"at`);
    await appendAudit(context, project, { action: 'after' });
    const lines = await linesOf(project);
    for (const changed of [lines.with(1, '{"xx'), lines.toSpliced(1, 1)]) {
      await writeFile(pathOf(project), `${changed.join('\n')}\n`);
      const { problems } = await verifyAuditLog(files, project);
      expect(problems).toHaveLength(1);
    }
  });
});
