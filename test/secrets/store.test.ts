import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { SecretSpec } from '../../src/secrets/specification.ts';
import { openSecretStore } from '../../src/secrets/store.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { realRandom, spec, withFolder } from './fixtures.ts';

const day = 24 * 60 * 60 * 1000;
const identity = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  groups: process.getgroups?.() ?? [],
};
const specs: readonly SecretSpec[] = [
  spec({ name: 'admin', kind: 'password' }),
  spec({ name: 'database', kind: 'password', length: 40 }),
  spec({ name: 'cookie', kind: 'cookie' }),
  spec({ name: 'edge', kind: 'certificate', names: ['x.test', '*.x.test'] }),
  spec({ name: 'edge-key', kind: 'certificate-key', of: 'edge' }),
];
const users = spec({ name: 'users', kind: 'htpasswd', of: 'admin', user: 'ada' });
/** bcrypt is slow on purpose, and slower still where other tests run beside these. */
const slow = { timeout: 60_000 };
const certificates = specs.filter(({ kind }) => kind.startsWith('certificate'));
const everything = ['admin', 'ca.crt', 'ca.key', 'cookie', 'database', 'edge', 'edge-key'];

interface Project {
  store: SecretStore;
  /** Path of a file in the secrets folder. */
  at: (name: string) => string;
  clock: { time: number };
}

async function withProject(
  test: (project: Project) => Promise<void>,
  files = nodeFileSystem(),
): Promise<void> {
  await withFolder(async (directory) => {
    const clock = { time: Date.now() };
    const world = {
      files,
      identity,
      random: realRandom,
      clock: { now: () => new Date(clock.time) },
    };
    const project = { directory, name: 'jacker', permittedNames: ['x.test', 'postgres'] };
    const at = (name: string): string => join(directory, 'secrets', name);
    await test({ store: openSecretStore(world, project), at, clock });
  });
}

/** Every file's content by name. */
async function contents(at: Project['at']): Promise<Record<string, string>> {
  const names = await readdir(at(''));
  const texts = await Promise.all(names.map((name) => readFile(at(name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after)
    .filter((name) => before[name] !== after[name])
    .sort();
}

/** Replaces a file as a person with an editor does. */
async function edit(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content, { mode: 0o440 });
}

describe('ensuring secrets', () => {
  it('makes all of them in a closed folder, read-only, without line ends', slow, async () => {
    await withProject(async ({ store, at }) => {
      expect(await store.ensure([users, ...specs])).toEqual({
        created: [...everything, 'users'],
        renewed: [],
        kept: [],
        missing: [],
      });
      expect((await lstat(at(''))).mode & 0o7777).toBe(0o700);
      const modes: Record<string, number> = { 'ca.crt': 0o444, 'ca.key': 0o400 };
      for (const name of [...everything, 'users'])
        expect([name, (await lstat(at(name))).mode & 0o7777]).toEqual([name, modes[name] ?? 0o440]);
      for (const name of ['admin', 'cookie', 'database', 'users'])
        expect(await readFile(at(name), 'utf8')).toMatch(/^\S+$/);
      expect(await store.list()).toEqual([...everything, 'users']);
    });
  });

  it('keeps everything when it runs again', async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure(specs);
      const before = await contents(at);
      expect(await store.ensure(specs)).toMatchObject({
        kept: everything,
        created: [],
        renewed: [],
      });
      expect(await contents(at)).toEqual(before);
    });
  });

  it('makes a forced secret new, with what is derived from it and nothing else', slow, async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure([users, ...specs]);
      const before = await contents(at);
      const report = await store.ensure([users, ...specs], { force: 'admin' });
      expect(report.renewed).toEqual(['admin', 'users']);
      expect(changed(before, await contents(at))).toEqual(['admin', 'users']);
    });
  });

  it('makes certificate and key new together', async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure(specs);
      for (const force of ['edge', 'edge-key']) {
        const before = await contents(at);
        expect((await store.ensure(specs, { force })).renewed).toEqual(['edge', 'edge-key']);
        expect(changed(before, await contents(at))).toEqual(['edge', 'edge-key']);
      }
      expect((await store.ensure(specs, { force: 'ca.crt' })).renewed).toEqual([
        'ca.crt',
        'ca.key',
        'edge',
        'edge-key',
      ]);
    });
  });

  it('follows a password that was set by hand', slow, async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure([users, ...specs]);
      await edit(at('admin'), 'ChosenByHand0123456789');
      expect((await store.ensure([users, ...specs])).renewed).toEqual(['users']);
      expect((await store.ensure([users, ...specs])).kept).toContain('users');
      expect(await store.read('admin')).toBe('ChosenByHand0123456789');
    });
  });

  it(
    'restores any files that are gone, and changes no other that is not derived from them',
    slow,
    async () => {
      await withProject(async ({ store, at }) => {
        await store.ensure(specs);
        const names = specs.map(({ name }) => name);
        const pairs = new Set(['edge', 'edge-key']);
        await fc.assert(
          fc.asyncProperty(fc.subarray(names), async (gone) => {
            const before = await contents(at);
            for (const name of gone) await rm(at(name));
            const report = await store.ensure(specs);
            const expected = new Set(gone);
            if (gone.some((name) => pairs.has(name))) pairs.forEach((name) => expected.add(name));
            expect(changed(before, await contents(at))).toEqual([...expected].sort());
            expect(report.created).toEqual([...gone].sort());
          }),
          { numRuns: 12 },
        );
      });
    },
  );

  it('reports what only a person can give, and makes the rest', async () => {
    await withProject(async ({ store }) => {
      const given = spec({ name: 'client', kind: 'given' });
      const derived = { ...users, name: 'client-users', of: 'client' };
      const cookie = spec({ name: 'cookie', kind: 'cookie' });
      expect(await store.ensure([given, derived, cookie])).toEqual({
        created: ['cookie'],
        renewed: [],
        kept: [],
        missing: ['client', 'client-users'],
      });
    });
  });

  it('refuses to force what it cannot make', async () => {
    await withProject(async ({ store }) => {
      const given = spec({ name: 'client', kind: 'given' });
      for (const force of ['client', 'unknown'])
        await expect(store.ensure([given], { force })).rejects.toMatchObject({ code: 'usage' });
    });
  });

  it('leaves rendered files to their renderer', async () => {
    await withProject(async ({ store }) => {
      const rendered = spec({ name: 'app.cfg', kind: 'given', rendered: true });
      expect(await store.ensure([rendered])).toEqual({
        created: [],
        renewed: [],
        kept: [],
        missing: [],
      });
    });
  });

  it('closes a folder that was open', async () => {
    await withProject(async ({ store, at }) => {
      await mkdir(at(''));
      await chmod(at(''), 0o755);
      await store.ensure([spec({ name: 'cookie', kind: 'cookie' })]);
      expect((await lstat(at(''))).mode & 0o7777).toBe(0o700);
    });
  });
});

describe('ensuring certificates', () => {
  it('renews them in the last third of their life', async () => {
    await withProject(async ({ store, clock }) => {
      await store.ensure(certificates);
      clock.time += 55 * day;
      expect((await store.ensure(certificates)).renewed).toEqual([]);
      clock.time += 10 * day;
      expect((await store.ensure(certificates)).renewed).toEqual(['edge', 'edge-key']);
    });
  });

  it('works without the key of the authority until a renewal needs it, and then says so', async () => {
    await withProject(async ({ store, at, clock }) => {
      await store.ensure(certificates);
      const offline = at('../ca.key.offline');
      await rename(at('ca.key'), offline);
      expect(await store.ensure(certificates)).toMatchObject({
        created: [],
        renewed: [],
        kept: ['ca.crt', 'edge', 'edge-key'],
      });
      clock.time += 70 * day;
      const before = await contents(at);
      await expect(store.ensure(certificates)).rejects.toMatchObject({
        code: 'secret-missing',
        problems: [{ where: { file: 'secrets/ca.key' } }],
      });
      expect(await contents(at)).toEqual(before);
      await rename(offline, at('ca.key'));
      expect((await store.ensure(certificates)).renewed).toEqual(['edge', 'edge-key']);
    });
  });

  it('makes a wider authority with the same key for a new domain', async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure(certificates);
      const before = await contents(at);
      const [edge, key] = certificates;
      const moved = [{ ...edge!, names: ['y.test'] }, key!];
      expect(await store.ensure(moved)).toMatchObject({ renewed: ['ca.crt', 'edge', 'edge-key'] });
      const after = await contents(at);
      expect(after['ca.key']).toBe(before['ca.key']);
      const [ca, leaf] = [new X509Certificate(after['ca.crt']!), new X509Certificate(after.edge!)];
      expect(leaf.verify(ca.publicKey)).toBe(true);
    });
  });

  it('keeps a key that belongs to root, which an operator who is not may not read', async () => {
    const files = nodeFileSystem();
    let locked = false;
    const read = async (path: string): Promise<Uint8Array | null> => {
      if (locked && path.endsWith('/edge-key'))
        throw new JackerError('permission', { what: 'denied' });
      return files.read(path);
    };
    await withProject(
      async ({ store }) => {
        await store.ensure(certificates);
        locked = true;
        expect(await store.ensure(certificates)).toMatchObject({ created: [], renewed: [] });
        const unreadable = (await store.check(certificates)).filter(
          ({ kind }) => kind === 'unreadable',
        );
        expect(unreadable).toMatchObject([{ secret: 'edge-key', severity: 'warning' }]);
        expect((await store.ensure(certificates, { force: 'edge' })).renewed).toEqual([
          'edge',
          'edge-key',
        ]);
      },
      { ...files, read },
    );
  });

  it('is completed by the next run when it was interrupted between any two writes', async () => {
    const files = nodeFileSystem();
    for (let allowed = 0; allowed < 4; allowed += 1) {
      let left = Infinity;
      const write: typeof files.write = async (...args) => {
        if (left === 0) throw new Error('interrupted');
        left -= 1;
        return files.write(...args);
      };
      await withProject(
        async ({ store, at }) => {
          left = allowed;
          await expect(store.ensure(certificates)).rejects.toThrow('interrupted');
          left = Infinity;
          await store.ensure(certificates);
          left = Math.min(allowed, 1);
          await expect(store.ensure(certificates, { force: 'edge' })).rejects.toThrow();
          left = Infinity;
          await store.ensure(certificates);
          const after = await contents(at);
          const leaf = new X509Certificate(after.edge!);
          expect(leaf.checkPrivateKey(createPrivateKey(after['edge-key']!))).toBe(true);
          expect(leaf.verify(new X509Certificate(after['ca.crt']!).publicKey)).toBe(true);
        },
        { ...files, write },
      );
    }
  });

  it('replaces a certificate whose key is another one', async () => {
    await withProject(async ({ store, at }) => {
      await store.ensure(certificates);
      await edit(at('edge-key'), await readFile(at('ca.key'), 'utf8'));
      expect((await store.ensure(certificates)).renewed).toEqual(['edge', 'edge-key']);
    });
  });

  it('signs nothing for internal names that are permitted from the start with a new authority', async () => {
    await withProject(async ({ store }) => {
      await store.ensure(certificates);
      const more = [
        ...certificates,
        spec({ name: 'db', kind: 'certificate', names: ['postgres'] }),
        spec({ name: 'db-key', kind: 'certificate-key', of: 'db', fileOwner: 'root' }),
      ];
      expect(await store.ensure(more)).toMatchObject({
        created: ['db', 'db-key'],
        renewed: [],
      });
    });
  });
});

describe('reading and writing', () => {
  it('answers null for what is not there, and the exact bytes for what is', async () => {
    await withProject(async ({ store, at }) => {
      expect(await store.read('database')).toBeNull();
      expect(await store.list()).toEqual([]);
      await store.write('database', 'first');
      await store.write('database', 'ünï "$x"\n');
      expect(await store.read('database')).toBe('ünï "$x"\n');
      expect(await readdir(at(''))).toEqual(['database']);
      await store.remove('database');
      expect(await store.read('database')).toBeNull();
    });
  });

  it('refuses a symbolic link and a folder in a secret’s place, and leaves its target alone', async () => {
    await withProject(async ({ store, at }) => {
      await store.write('cookie', 'x');
      const outside = at('../outside');
      await writeFile(outside, 'precious');
      await symlink(outside, at('linked'));
      await mkdir(at('nested'));
      for (const name of ['linked', 'nested']) {
        const invalid = {
          code: 'secret-invalid',
          problems: [{ where: { file: `secrets/${name}` } }],
        };
        await expect(store.read(name)).rejects.toMatchObject(invalid);
        await expect(store.write(name, 'y')).rejects.toMatchObject(invalid);
        await expect(store.remove(name)).rejects.toMatchObject(invalid);
      }
      expect(await readFile(outside, 'utf8')).toBe('precious');
    });
  });

  it('refuses a symbolic link in the place of the folder', async () => {
    await withProject(async ({ store, at }) => {
      await mkdir(at('../elsewhere'));
      await symlink(at('../elsewhere'), at('').replace(/\/$/, ''));
      await expect(store.write('cookie', 'x')).rejects.toMatchObject({ code: 'secret-invalid' });
      expect(await readdir(at('../elsewhere'))).toEqual([]);
    });
  });

  it.each(['../escape', 'a/b', '.hidden', '', 'Upper'])('takes no name like %j', async (name) => {
    await withProject(async ({ store }) => {
      await expect(store.read(name)).rejects.toThrow(TypeError);
      await expect(store.write(name, 'x')).rejects.toThrow(TypeError);
    });
  });
});

describe('the version key', () => {
  it('is made once, for its owner alone, and is not listed', async () => {
    await withProject(async ({ store, at }) => {
      const key = await store.versionKey();
      expect(key).toHaveLength(32);
      expect(Buffer.from(await store.versionKey())).toEqual(Buffer.from(key));
      expect((await lstat(at('.version-key'))).mode & 0o7777).toBe(0o400);
      expect(await store.list()).toEqual([]);
    });
  });

  it('is refused where it is damaged, without showing it', async () => {
    await withProject(async ({ store, at }) => {
      await store.versionKey();
      await edit(at('.version-key'), 'cafe1234');
      const reading = store.versionKey();
      await expect(reading).rejects.toMatchObject({ code: 'secret-invalid' });
      await expect(reading).rejects.not.toThrow('cafe1234');
      await expect(reading).rejects.toThrow(JackerError);
    });
  });
});
