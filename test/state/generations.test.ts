import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { FileTree } from '../../src/io/tree.ts';
import {
  currentGeneration,
  listGenerations,
  loadGeneration,
  pruneGenerations,
  readManifest,
  setCurrent,
  storeGeneration,
} from '../../src/state/generations.ts';
import type { NewGeneration } from '../../src/state/generations.ts';
import { removeLeftovers } from '../../src/state/leftovers.ts';
import { dyingFileSystem, untilKilled } from '../io/dying-file-system.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

const files = nodeFileSystem();
const context = { files };
const digestKey = randomBytes(32);
const password = 'correct horse battery staple';
const tree: FileTree = new Map([
  ['docker-compose.yml', { content: 'services: {}\n', mode: 0o644 }],
  ['config/traefik/traefik.yml', { content: 'api: false # é\n', mode: 0o640 }],
]);
const secretTree: FileTree = new Map([
  ['secrets/redis/users.acl', { content: `user default off >${password}\n`, mode: 0o440 }],
  ['secrets/postgres', { content: password, mode: 0o440 }],
]);

function generation(number: number, changes: Partial<NewGeneration> = {}): NewGeneration {
  return {
    number,
    createdAt: new Date('2026-01-02T03:04:05Z'),
    reason: 'up',
    tree,
    secretTree,
    images: { traefik: 'traefik:v3.3.1' },
    settingsDigest: 'abc',
    digestKey,
    ...changes,
  };
}

/** Every path under a folder, relative to it. */
async function pathsUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

async function projectWith(...numbers: number[]): Promise<string> {
  const project = await temporaryFolder();
  for (const number of numbers) await storeGeneration(context, project, generation(number));
  return project;
}

describe('a stored generation', () => {
  it('comes back as it was, modes included', async () => {
    const project = await projectWith(7);
    const loaded = await loadGeneration(context, project, 7, digestKey);
    expect(new Map(loaded.tree)).toEqual(new Map(tree));
    expect(new Map(loaded.secretTree)).toEqual(new Map(secretTree));
    expect(loaded.manifest).toMatchObject({
      number: 7,
      createdAt: '2026-01-02T03:04:05.000Z',
      reason: 'up',
      images: { traefik: 'traefik:v3.3.1' },
      settingsDigest: 'abc',
    });
    expect(await readManifest(context, project, 7)).toEqual(loaded.manifest);
  });

  it('brings back the secrets that it was rendered from, apart from what was rendered', async () => {
    const project = await temporaryFolder();
    const secretInputs = new Map([['secrets/redis-app', { content: 'é x', mode: 0o440 }]]);
    await storeGeneration(context, project, generation(1, { secretInputs }));
    const loaded = await loadGeneration(context, project, 1, digestKey);
    expect(new Map(loaded.secretInputs)).toEqual(secretInputs);
    expect([...loaded.secretTree.keys()]).not.toContain('secrets/redis-app');
    const kept = join(project, 'secrets/.generations/0001/redis-app');
    await chmod(kept, 0o600);
    await writeFile(kept, 'another');
    await expect(loadGeneration(context, project, 1, digestKey)).rejects.toThrow(/damaged/);
    // A generation of before has none.
    await storeGeneration(context, project, generation(2));
    expect((await loadGeneration(context, project, 2, digestKey)).secretInputs.size).toBe(0);
  });

  it('keeps secrets under secrets/ only, readable by the owner alone', async () => {
    const project = await projectWith(1);
    const paths = await pathsUnder(project);
    for (const path of paths) {
      const facts = await stat(join(project, path));
      if (facts.isDirectory()) {
        expect([path, facts.mode & 0o777]).toEqual([path, 0o700]);
        continue;
      }
      const isSecret = (await readFile(join(project, path), 'utf8')).includes(password);
      expect([path, isSecret]).toEqual([path, path.startsWith('secrets/.generations/0001/')]);
      expect([path, facts.mode & 0o777]).toEqual([path, isSecret ? 0o400 : 0o600]);
    }
    expect(paths).toContain('secrets/.generations/0001/redis/users.acl');
  });

  it('does not let a secret be found by hashing guesses', async () => {
    const project = await projectWith(1);
    const plain = createHash('sha256').update(password).digest('hex');
    const manifest = await readFile(
      join(project, '.jacker/generations/0001/manifest.json'),
      'utf8',
    );
    expect(manifest).not.toContain(plain);
    const other = await temporaryFolder();
    await storeGeneration(context, other, generation(1, { digestKey: randomBytes(32) }));
    const digest = async (folder: string): Promise<string | undefined> =>
      (await readManifest(context, folder, 1)).secretFiles['secrets/postgres']?.digest;
    expect(await digest(project)).not.toBe(await digest(other));
    await expect(
      storeGeneration(context, project, generation(2, { digestKey: new Uint8Array(8) })),
    ).rejects.toThrow(RangeError);
  });

  it('is not overwritten', async () => {
    const project = await projectWith(3);
    await expect(storeGeneration(context, project, generation(3))).rejects.toMatchObject({
      code: 'conflict',
    });
    await loadGeneration(context, project, 3, digestKey);
  });

  it.each([
    ['../outside', 'tree'],
    ['/etc/passwd', 'tree'],
    ['config/../../outside', 'tree'],
    ['config//x', 'tree'],
    ['.', 'tree'],
    ['', 'tree'],
    ['config/x\0', 'tree'],
    ['.jacker/current', 'tree'],
    ['secrets/plain', 'tree'],
    ['config/not-secret', 'secretTree'],
    ['secrets', 'secretTree'],
    ['secrets/../config/x', 'secretTree'],
    ['secrets/.generations/0001/x', 'secretTree'],
  ] as const)('refuses %j in its %s and writes nothing', async (path, part) => {
    const project = await temporaryFolder();
    const bad = new Map([[path, { content: 'x', mode: 0o600 }]]);
    await expect(
      storeGeneration(context, project, generation(1, { [part]: bad })),
    ).rejects.toMatchObject({ code: 'project-invalid', problems: [{ where: { file: path } }] });
    expect(await readdir(project)).toEqual([]);
  });
});

describe('a damaged generation', () => {
  it('is refused for a changed byte anywhere in any of its files', async () => {
    const project = await projectWith(1);
    const folders = ['.jacker/generations/0001', 'secrets/.generations/0001'];
    for (const folder of folders) {
      for (const path of await pathsUnder(join(project, folder))) {
        const full = join(project, folder, path);
        if ((await stat(full)).isDirectory()) continue;
        const whole = await readFile(full);
        for (let at = 0; at < whole.length; at += 1 + Math.floor(whole.length / 60)) {
          const damaged = Buffer.from(whole);
          damaged[at] = damaged[at]! ^ 0x01;
          await files.write(full, damaged, { mode: 0o600 });
          // White space between the parts of the manifest carries no meaning.
          const isSpace = path === 'manifest.json' && /^\s*$/.test(String.fromCharCode(whole[at]!));
          if (isSpace) continue;
          await expect(loadGeneration(context, project, 1, digestKey)).rejects.toMatchObject({
            code: 'project-invalid',
            problems: [{ where: { file: full } }],
          });
        }
        await files.write(full, whole, { mode: 0o600 });
      }
    }
    await loadGeneration(context, project, 1, digestKey);
  });

  it('is refused with every missing file named', async () => {
    const project = await projectWith(1);
    await rm(join(project, '.jacker/generations/0001/tree/docker-compose.yml'));
    await rm(join(project, 'secrets/.generations/0001/postgres'), { force: true });
    await expect(loadGeneration(context, project, 1, digestKey)).rejects.toMatchObject({
      problems: [{ why: 'it is missing' }, { why: 'it is missing' }],
    });
  });

  it('is refused when it stands in the place of another', async () => {
    const project = await projectWith(1);
    await rename(
      join(project, '.jacker/generations/0001'),
      join(project, '.jacker/generations/0002'),
    );
    await expect(loadGeneration(context, project, 2, digestKey)).rejects.toThrow(
      /generation 2 is that of generation 1/,
    );
  });

  it('is refused for the secrets when the key is another', async () => {
    const project = await projectWith(1);
    await expect(loadGeneration(context, project, 1, randomBytes(32))).rejects.toMatchObject({
      problems: [{ what: 'A file of a generation is damaged' }, {}],
    });
  });

  it('that does not exist is refused by its number', async () => {
    await expect(loadGeneration(context, await projectWith(1), 9, digestKey)).rejects.toThrow(
      /no generation 9/,
    );
  });
});

describe('the generations of a project', () => {
  it('are listed by number, beyond four digits too', async () => {
    const project = await projectWith(9999, 2, 10000, 10);
    await mkdir(join(project, '.jacker/generations/0003.tmp'));
    await mkdir(join(project, '.jacker/generations/notes'));
    expect(await listGenerations(context, project)).toEqual([2, 10, 9999, 10000]);
  });

  it('have one in force, which must exist', async () => {
    const project = await projectWith(1, 2);
    expect(await currentGeneration(context, project)).toBeNull();
    await setCurrent(context, project, 2);
    expect(await currentGeneration(context, project)).toBe(2);
    await expect(setCurrent(context, project, 3)).rejects.toThrow(/no generation 3/);
    expect(await currentGeneration(context, project)).toBe(2);
    await writeFile(join(project, '.jacker/current'), 'two');
    await expect(currentGeneration(context, project)).rejects.toMatchObject({
      code: 'project-invalid',
    });
  });

  it('lose the oldest ones, never the current nor a protected one', async () => {
    const project = await projectWith(1, 2, 3, 4, 5, 6);
    await setCurrent(context, project, 2);
    expect(await pruneGenerations(context, project, 2, [3])).toEqual([1, 4]);
    expect(await listGenerations(context, project)).toEqual([2, 3, 5, 6]);
    expect(await readdir(join(project, 'secrets/.generations'))).toEqual([
      '0002',
      '0003',
      '0005',
      '0006',
    ]);
    for (const number of [2, 3, 5, 6]) await loadGeneration(context, project, number, digestKey);
    await expect(pruneGenerations(context, project, 0)).rejects.toThrow(RangeError);
  });
});

describe('after a process was killed', () => {
  it('while it stored a generation, that one is whole or not there', async () => {
    for (let allowed = 0, done = false; !done; allowed++) {
      const project = await projectWith(1);
      const dying = { files: dyingFileSystem(files, allowed) };
      done = await untilKilled(() => storeGeneration(dying, project, generation(2)));
      const numbers = await listGenerations(context, project);
      expect(numbers).toEqual(done ? [1, 2] : [1]);
      await removeLeftovers(context, project);
      const kept = done ? ['0001', '0002'] : ['0001'];
      expect(await readdir(join(project, '.jacker/generations'))).toEqual(kept);
      expect(await readdir(join(project, 'secrets/.generations'))).toEqual(kept);
      for (const number of numbers) await loadGeneration(context, project, number, digestKey);
    }
  }, 30_000);

  it('while it stored a generation, the same number can be stored without cleaning up', async () => {
    for (let allowed = 0; ; allowed++) {
      const project = await temporaryFolder();
      const dying = { files: dyingFileSystem(files, allowed) };
      const other = new Map([['secrets/other', { content: 'x', mode: 0o440 }]]);
      const done = await untilKilled(() =>
        storeGeneration(dying, project, generation(1, { secretTree: other })),
      );
      if (done) break;
      await storeGeneration(context, project, generation(1));
      await loadGeneration(context, project, 1, digestKey);
      expect(await readdir(join(project, 'secrets/.generations'))).toEqual(['0001']);
    }
  }, 30_000);

  it('while it removed a generation, what is listed is whole', async () => {
    for (let allowed = 0, done = false; !done; allowed++) {
      const project = await projectWith(1, 2);
      const dying = { files: dyingFileSystem(files, allowed) };
      done = await untilKilled(() => pruneGenerations(dying, project, 1));
      const numbers = await listGenerations(context, project);
      for (const number of numbers) await loadGeneration(context, project, number, digestKey);
      await removeLeftovers(context, project);
      expect(await readdir(join(project, 'secrets/.generations'))).toHaveLength(numbers.length);
      expect(await readdir(join(project, '.jacker/generations'))).toHaveLength(numbers.length);
    }
  }, 30_000);

  it('leaves no temporary file in the generated folders, and touches nothing else', async () => {
    const project = await projectWith(1);
    const temporary = '.env.jacker-0123456789ab.tmp';
    const outside = await temporaryFolder();
    const kept = [
      '.env',
      'overrides/theirs/.x.jacker-0123456789ab.tmp',
      'config/.x.jacker-0123.tmp',
      'config/jacker.tmp',
    ];
    const left = [
      `.${temporary}`,
      'overrides/.x.jacker-0123456789ab.tmp',
      'services/.x.jacker-0123456789ab.tmp',
      'config/a/b/.x.jacker-0123456789ab.tmp',
      'secrets/.s.jacker-0123456789ab.tmp',
    ];
    for (const path of [...kept, ...left])
      await mkdir(join(project, path, '..'), { recursive: true });
    for (const path of [...kept, ...left]) await writeFile(join(project, path), '');
    await writeFile(join(outside, '.x.jacker-0123456789ab.tmp'), '');
    await symlink(outside, join(project, 'config/linked'));

    const removed = await removeLeftovers(context, project);
    expect(removed.sort()).toEqual(left.map((path) => join(project, path)).sort());
    for (const path of kept) expect(await files.facts(join(project, path))).not.toBeNull();
    expect(await readdir(outside)).toHaveLength(1);
    await loadGeneration(context, project, 1, digestKey);
    expect(await removeLeftovers(context, project)).toEqual([]);
  });
});
