import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, jacker } from '../cli/binary.ts';
import { openEditor, type Editor } from './language-server.ts';

const root = join(import.meta.dirname, '../..');
const readme = await readFile(join(root, 'README.md'), 'utf8');
/** The service of README, with its first line. */
const [, notes = ''] = /^```yaml\n(# yaml-language-server[^]*?)^```$/m.exec(readme) ?? [];

/** Calls a function with an editor that has a new service of a new project open. */
async function inEditor(use: (editor: Editor) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const made = await jacker(folder, ['init', '--no-input']);
    expect(made.exitCode, made.stderr).toBe(0);
    await withEditor(join(folder, 'services/notes.yml'), use);
  });
}

async function withEditor(path: string, use: (editor: Editor) => Promise<void>): Promise<void> {
  const editor = await openEditor(path);
  try {
    await use(editor);
  } finally {
    await editor.close();
  }
}

const lineOf = (text: string, part: string): number =>
  text.split('\n').findIndex((line) => line.includes(part));

describe('a service of one’s own in an editor', () => {
  it('has nothing marked as README shows it', async () => {
    await inEditor(async (editor) => {
      expect(notes).toContain('x-jacker:');
      expect(await editor.marks(notes)).toEqual([]);
    });
  });

  it('has each mistake marked in its line', async () => {
    await inEditor(async (editor) => {
      const unknown = notes.replace('      writes:', '      wrties:');
      expect(await editor.marks(unknown)).toEqual([
        { line: lineOf(unknown, 'wrties'), message: expect.stringContaining('wrties') as string },
      ]);
      const root = notes.replace('"1000:1000"', '"0:0"');
      expect(await editor.marks(root)).toEqual([
        { line: lineOf(root, '"0:0"'), message: expect.stringContaining('pattern') as string },
      ]);
      const unhealthy = notes.slice(0, notes.indexOf('      health:'));
      expect(await editor.marks(unhealthy)).toEqual([
        { line: lineOf(notes, 'x-jacker'), message: expect.stringContaining('health') as string },
      ]);
      expect(await editor.marks(notes)).toEqual([]);
    });
  });

  it('is completed, with what each key means', async () => {
    await inEditor(async (editor) => {
      const keys = await editor.completions(`${notes}      `);
      expect(keys.get('egress')).toContain('internet');
      expect([...keys.keys()]).toEqual(expect.arrayContaining(['redis', 'secrets', 'exceptions']));
      expect(keys.has('identity')).toBe(false);
      const part = notes.slice(0, notes.indexOf('      writes:'));
      expect([...(await editor.completions(`${part}      redis:\n        `)).keys()]).toEqual(
        expect.arrayContaining(['user', 'prefix', 'groups']),
      );
      expect([...(await editor.completions(`${part}      presets: [`)).keys()]).toEqual(
        expect.arrayContaining(['minimal', 'standard', 'full']),
      );
    });
  });
});

it('a service of the platform is checked by the schema beside it', async () => {
  const path = join(root, 'compose/redis.yml');
  const text = await readFile(path, 'utf8');
  await withEditor(path, async (editor) => {
    expect(await editor.marks(text)).toEqual([]);
    expect(await editor.marks(text.replace('identity:', 'identiti:'))).not.toEqual([]);
  });
});
