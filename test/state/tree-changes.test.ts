import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { FileTree } from '../../src/io/tree.ts';
import { keyedDigest, plainDigest } from '../../src/state/digest.ts';
import type { ContentDigest } from '../../src/state/digest.ts';
import type { FileRecord } from '../../src/state/generation-manifest.ts';
import { applyTreeChange, compareTree } from '../../src/state/tree-changes.ts';
import type { TreeChange } from '../../src/state/tree-changes.ts';
import { dyingFileSystem, untilKilled } from '../io/dying-file-system.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const files = nodeFileSystem();

function treeOf(contents: Record<string, string>, mode = 0o644): FileTree {
  return new Map(Object.entries(contents).map(([path, content]) => [path, { content, mode }]));
}

function manifestOf(
  tree: FileTree,
  digest: ContentDigest = plainDigest,
): { files: Record<string, FileRecord> } {
  return {
    files: Object.fromEntries(
      [...tree].map(([path, file]) => [path, { digest: digest(file.content), mode: file.mode }]),
    ),
  };
}

async function applyAll(
  project: string,
  wanted: FileTree,
  changes: readonly TreeChange[],
): Promise<void> {
  for (const change of changes) await applyTreeChange(files, project, change, wanted);
}

async function write(project: string, wanted: FileTree): Promise<void> {
  await applyAll(project, wanted, await compareTree(files, project, wanted, null));
}

function summary(changes: readonly TreeChange[]): string[] {
  return changes.map(({ path, kind, edited }) => `${kind} ${path}${edited ? ' (edited)' : ''}`);
}

describe('the comparison of the wanted files with the disk', () => {
  it('tells what is created, updated, deleted and left', async () => {
    const project = await temporaryFolder();
    const before = treeOf({ kept: 'a', changed: 'a', gone: 'a', goneAlready: 'a' });
    await write(project, before);
    await rm(join(project, 'goneAlready'));
    await writeFile(join(project, 'foreign'), 'not ours');
    const wanted = treeOf({ kept: 'a', changed: 'b', added: 'a' });
    const changes = await compareTree(files, project, wanted, manifestOf(before));
    expect(summary(changes)).toEqual([
      'create added',
      'update changed',
      'delete gone',
      'unchanged kept',
    ]);
    await applyAll(project, wanted, changes);
    expect(await readdir(project)).toEqual(['added', 'changed', 'foreign', 'kept']);
  });

  it('tells a changed mode from changed content, and keeps the file in its place', async () => {
    const project = await temporaryFolder();
    await write(project, treeOf({ a: 'x' }, 0o644));
    const { ino } = await stat(join(project, 'a'));
    const wanted = treeOf({ a: 'x' }, 0o600);
    const changes = await compareTree(files, project, wanted, manifestOf(treeOf({ a: 'x' })));
    expect(summary(changes)).toEqual(['mode a']);
    await applyAll(project, wanted, changes);
    expect((await stat(join(project, 'a'))).mode & 0o777).toBe(0o600);
    // A container that mounts the single file sees the change only if it is the same file.
    expect((await stat(join(project, 'a'))).ino).toBe(ino);
  });

  it('tells where a person changed, removed or put a generated file', async () => {
    const project = await temporaryFolder();
    const before = treeOf({ edited: 'a', removed: 'a', reduced: 'a', dropped: 'a', same: 'a' });
    await write(project, before);
    await writeFile(join(project, 'edited'), 'by hand');
    await rm(join(project, 'removed'));
    await chmod(join(project, 'reduced'), 0o600);
    await writeFile(join(project, 'dropped'), 'by hand');
    await writeFile(join(project, 'put'), 'by hand');
    await writeFile(join(project, 'same'), 'b');
    const wanted = treeOf({ edited: 'a', removed: 'a', reduced: 'a', put: 'a', same: 'b' });
    expect(summary(await compareTree(files, project, wanted, manifestOf(before)))).toEqual([
      'delete dropped (edited)',
      'update edited (edited)',
      'update put (edited)',
      'mode reduced (edited)',
      'create removed (edited)',
      'unchanged same',
    ]);
  });

  it('of secret files holds keyed digests and no content', async () => {
    const project = await temporaryFolder();
    const digest = keyedDigest(randomBytes(32));
    const wanted = treeOf({ 'secrets/redis/users.acl': 'hunter2' }, 0o440);
    const comparison = { part: 'secret', digest } as const;
    const changes = await compareTree(files, project, wanted, null, comparison);
    expect(JSON.stringify(changes)).not.toContain('hunter2');
    expect(JSON.stringify(changes)).not.toContain(plainDigest('hunter2'));
    await applyAll(project, wanted, changes);
    const file = await stat(join(project, 'secrets/redis/users.acl'));
    expect(file.mode & 0o777).toBe(0o440);
    expect((await stat(join(project, 'secrets'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(project, 'secrets/redis'))).mode & 0o777).toBe(0o700);
    const again = await compareTree(files, project, wanted, manifestOf(wanted, digest), comparison);
    expect(summary(again)).toEqual(['unchanged secrets/redis/users.acl']);
  });

  it('makes other folders passable for the users of containers', async () => {
    const project = await temporaryFolder();
    await write(project, treeOf({ 'config/traefik/traefik.yml': '' }));
    expect((await stat(join(project, 'config/traefik'))).mode & 0o777).toBe(0o755);
  });
});

describe('any tree', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c d', 'é', '$x'), { minLength: 1, maxLength: 3 })
    .map((names) => `${names.map((name) => `_${name}`).join('/')}.yml`);
  const content = fc.constantFrom('', 'x', 'y\n', '${z}');
  const tree = fc
    .dictionary(path, fc.record({ content, mode: fc.constantFrom(0o644, 0o600, 0o755) }), {
      maxKeys: 6,
    })
    .map((files): FileTree => new Map(Object.entries(files)));

  it('is on the disk exactly after it was applied over any other, and then nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (before, wanted) => {
        const project = await temporaryFolder();
        await write(project, before);
        const changes = await compareTree(files, project, wanted, manifestOf(before));
        expect(changes.some(({ edited }) => edited)).toBe(false);
        await applyAll(project, wanted, changes);
        const entries = await readdir(project, { recursive: true, withFileTypes: true });
        const found = entries.filter((entry) => entry.isFile());
        expect(found).toHaveLength(wanted.size);
        for (const [name, file] of wanted) {
          expect(await readFile(join(project, name), 'utf8')).toBe(file.content);
          expect((await stat(join(project, name))).mode & 0o777).toBe(file.mode);
        }
        const after = await compareTree(files, project, wanted, manifestOf(wanted));
        expect(after.every(({ kind, edited }) => kind === 'unchanged' && !edited)).toBe(true);
        // Once more does no harm: this is what recovery does.
        await applyAll(project, wanted, changes);
        const again = await compareTree(files, project, wanted, manifestOf(wanted));
        expect(again.every(({ kind }) => kind === 'unchanged')).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('can be finished, or taken back, after a process was killed while it was applied', async () => {
    const before = treeOf({ a: '1', 'b/c': '1', d: '1' });
    const wanted = treeOf({ a: '2', 'b/c': '1', 'e/f': '2' }, 0o600);
    for (const target of [before, wanted]) {
      for (let allowed = 0, done = false; !done; allowed++) {
        const project = await temporaryFolder();
        await write(project, before);
        const changes = await compareTree(files, project, wanted, manifestOf(before));
        const dying = dyingFileSystem(files, allowed);
        done = await untilKilled(async () => {
          for (const change of changes) await applyTreeChange(dying, project, change, wanted);
        });
        const written = { files: { ...manifestOf(wanted).files, ...manifestOf(before).files } };
        await applyAll(project, target, await compareTree(files, project, target, written));
        const after = await compareTree(files, project, target, written);
        expect(after.every(({ kind }) => kind === 'unchanged')).toBe(true);
        expect(after).toHaveLength(target.size);
      }
    }
  });
});

describe('a path that leads out of the project folder', () => {
  it.each(['../x', '/etc/x', 'a/../../x', 'a/./x', '.jacker/lock', 'secrets/x', ''])(
    'such as %j is refused',
    async (path) => {
      const project = await temporaryFolder();
      const wanted = treeOf({ [path]: 'x' });
      for (const [tree, previous] of [
        [wanted, null],
        [treeOf({}), manifestOf(wanted)],
      ] as const) {
        await expect(compareTree(files, project, tree, previous)).rejects.toMatchObject({
          code: 'project-invalid',
        });
      }
      const change = {
        path,
        part: 'public',
        kind: 'create',
        edited: false,
        from: null,
        to: null,
      } as const;
      await expect(applyTreeChange(files, project, change, wanted)).rejects.toMatchObject({
        code: 'project-invalid',
      });
    },
  );

  it.each(['config', 'config/traefik', 'config/traefik/traefik.yml'])(
    'because %s is a symbolic link is refused, for writing and for deleting',
    async (link) => {
      const project = await temporaryFolder();
      const outside = await temporaryFolder();
      const path = 'config/traefik/traefik.yml';
      const wanted = treeOf({ [path]: 'new' });
      const previous = manifestOf(treeOf({ [path]: 'old' }));
      const changes = await compareTree(files, project, wanted, null);

      const rest = path.slice(link.length);
      await mkdir(dirname(join(outside, 'target', rest)), { recursive: true });
      await writeFile(join(outside, 'target', rest), 'old');
      await mkdir(dirname(join(project, link)), { recursive: true });
      await symlink(join(outside, 'target'), join(project, link));

      for (const tree of [wanted, treeOf({})]) {
        await expect(compareTree(files, project, tree, previous)).rejects.toMatchObject({
          code: 'project-invalid',
          problems: [
            {
              where: { file: join(project, link) },
              why: expect.stringMatching(/symbolic link/) as string,
            },
          ],
        });
      }
      // Also when the link came after the plan was made.
      for (const kind of ['create', 'delete', 'mode'] as const) {
        await expect(
          applyTreeChange(files, project, { ...changes[0]!, kind }, wanted),
        ).rejects.toMatchObject({ code: 'project-invalid' });
      }
      expect(await readFile(join(outside, 'target', rest), 'utf8')).toBe('old');
    },
  );

  it('is reported for every such path at once, and for folders in the place of files', async () => {
    const project = await temporaryFolder();
    await mkdir(join(project, 'a.yml'));
    await writeFile(join(project, 'config'), '');
    await expect(
      compareTree(files, project, treeOf({ 'a.yml': '', 'config/b.yml': '', 'c.yml': '' }), null),
    ).rejects.toMatchObject({
      problems: [
        { where: { file: join(project, 'a.yml') }, why: 'it is a directory' },
        { where: { file: join(project, 'config') }, why: 'it is a file' },
      ],
    });
  });
});
