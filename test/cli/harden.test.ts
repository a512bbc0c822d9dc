import { chmod, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, jacker } from './binary.ts';

const stack = 'services:\r\n  # the web\r\n  web:\r\n    image: example.org/web:1 # fixed\r\n';

/** A folder with a Compose file in it. */
async function withStack(use: (folder: string, file: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'compose.yml');
    await writeFile(file, stack);
    await chmod(file, 0o640);
    await use(folder, file);
  });
}

describe('jacker harden', () => {
  it('writes a copy beside the file and leaves the file alone', () =>
    withStack(async (folder, file) => {
      const run = await jacker(folder, ['harden', 'compose.yml']);
      expect(run).toMatchObject({ exitCode: 0 });
      expect(run.stdout).toContain('written: compose.hardened.yml');
      expect(run.stdout).toContain('not proven');
      expect(await readFile(file, 'utf8')).toBe(stack);
      const copy = join(folder, 'compose.hardened.yml');
      expect(await readFile(copy, 'utf8')).toContain('# fixed\r\n    security_opt:');
      expect((await stat(copy)).mode & 0o777).toBe(0o640);
      expect((await jacker(folder, ['harden', 'compose.hardened.yml'])).stdout).toContain(
        'Nothing to change.',
      );
    }));

  it('does not write over what somebody changed', () =>
    withStack(async (folder) => {
      const copy = join(folder, 'compose.hardened.yml');
      await writeFile(copy, 'services: {}\n');
      const run = await jacker(folder, ['harden', 'compose.yml']);
      expect(run.exitCode).toBe(5);
      expect(run.stderr).toContain('compose.hardened.yml');
      expect(await readFile(copy, 'utf8')).toBe('services: {}\n');
      expect((await jacker(folder, ['harden', 'compose.yml', '--force'])).exitCode).toBe(0);
      expect(await readFile(copy, 'utf8')).toContain('pids_limit');
      expect((await jacker(folder, ['harden', 'compose.yml'])).exitCode).toBe(0);
    }));

  it('edits the file itself where it is told to: its mode stays, and a link stays one', () =>
    withStack(async (folder, file) => {
      await mkdir(join(folder, 'links'));
      const link = join(folder, 'links/stack.yml');
      await symlink(file, link);
      expect((await jacker(folder, ['harden', 'links/stack.yml', '--in-place'])).exitCode).toBe(0);
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(await readFile(file, 'utf8')).toContain('pids_limit');
      expect((await stat(file)).mode & 0o777).toBe(0o640);
      const once = await readFile(file, 'utf8');
      const again = await jacker(folder, ['harden', 'compose.yml', '--in-place']);
      expect(again.stdout).toContain('Nothing to change.');
      expect(await readFile(file, 'utf8')).toBe(once);
      expect(await readdir(folder)).toEqual(['compose.yml', 'links']);
    }));

  it('prints it, or the difference, and writes nothing', () =>
    withStack(async (folder) => {
      const printed = await jacker(folder, ['harden', 'compose.yml', '-o', '-']);
      expect(printed.stdout.startsWith(stack.trimEnd())).toBe(true);
      const dry = await jacker(folder, ['harden', 'compose.yml', '--dry-run']);
      expect(dry.stdout).toContain('+++ compose.hardened.yml\n@@ -2,3 +2,');
      expect(dry.stdout).toContain('would be written: compose.hardened.yml');
      expect(await readdir(folder)).toEqual(['compose.yml']);
    }));

  it('writes an override, and lists all of it as JSON', () =>
    withStack(async (folder) => {
      const run = await jacker(folder, ['harden', 'compose.yml', '--override', '--json']);
      const document = JSON.parse(run.stdout) as {
        changes: { line: string; proof: string; reason: string; control: string }[];
        notChanged: { proposal?: string; why: string }[];
        score: { before: number; after: number };
      };
      expect(document.changes.length).toBeGreaterThan(2);
      for (const change of document.changes) {
        expect(change.proof).toBe('not proven');
        expect(change.reason).not.toBe('');
      }
      expect(document.notChanged.some(({ proposal }) => proposal === 'read_only: true')).toBe(true);
      expect(document.score.after).toBeGreaterThanOrEqual(document.score.before);
      const text = await readFile(join(folder, 'compose.hardened.override.yml'), 'utf8');
      expect(text).toContain('docker compose -f compose.yml -f compose.hardened.override.yml up');
    }));

  it.each([
    [['--in-place', '-o', 'x.yml']],
    [['--in-place', '--override']],
    [['-o', '-', '--json']],
    [['--pull']],
    [['--prove', '--dry-run']],
  ])('refuses %j', (flags) =>
    withStack(async (folder) => {
      const run = await jacker(folder, ['harden', 'compose.yml', ...flags]);
      expect(run.exitCode).toBe(2);
      expect(run.stdout).toBe('');
      expect(await readdir(folder)).toEqual(['compose.yml']);
    }),
  );

  it('says what is wrong with a file that it cannot read', () =>
    withStack(async (folder) => {
      await writeFile(join(folder, 'bad.yml'), 'services: [\n');
      const run = await jacker(folder, ['harden', 'bad.yml']);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('bad.yml:');
      expect((await jacker(folder, ['harden', 'absent.yml'])).exitCode).toBe(2);
    }));
});
