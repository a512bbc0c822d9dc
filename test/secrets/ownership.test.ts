import { chmod, lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import {
  applyDirectly,
  canApplyDirectly,
  chownContainerCommand,
  operatorOf,
  ownershipFixes,
  wantedOwnership,
} from '../../src/secrets/ownership.ts';
import { run, spec, withFolder } from './fixtures.ts';

const files = nodeFileSystem();
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
/** Root may give a file to any group; everybody else to one of their own. */
const group = uid === 0 ? 40_123 : gid;
const wanted = new Map([
  ['database', { uid, gid: group, mode: 0o440 }],
  ['cookie', { uid, gid: group, mode: 0o440 }],
]);

async function actualOwnership(path: string): Promise<unknown> {
  const facts = await lstat(path);
  return { uid: facts.uid, gid: facts.gid, mode: facts.mode & 0o7777 };
}

async function withSecrets(check: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    for (const name of wanted.keys()) {
      await writeFile(join(folder, name), 'content');
      await chmod(join(folder, name), 0o644);
    }
    await check(folder);
  });
}

describe('the wanted ownership', () => {
  const specs = [
    spec({ name: 'database', kind: 'password' }),
    spec({ name: 'tls', kind: 'certificate', names: ['x'] }),
    spec({ name: 'tls-key', kind: 'certificate-key', of: 'tls', fileOwner: 'root' }),
  ];
  const all = wantedOwnership('jacker', specs, { uid: 1000, gid: 100 });

  it('gives each secret a group of its own and nobody the right to write', () => {
    const own = specs.map(({ name }) => all.get(name));
    expect(new Set(own.map((entry) => entry?.gid)).size).toBe(3);
    for (const entry of own) expect(entry?.mode).toBe(0o440);
    expect(own.map((entry) => entry?.uid)).toEqual([1000, 1000, 0]);
  });

  it("keeps the authority's key for the operator alone", () => {
    expect(all.get('ca.key')).toEqual({ uid: 1000, gid: 100, mode: 0o400 });
    expect(all.get('ca.crt')).toEqual({ uid: 1000, gid: 100, mode: 0o444 });
  });
});

describe('the ownership of files in a folder', () => {
  it('is corrected, and then nothing is left to correct', async () => {
    await withSecrets(async (folder) => {
      const fixes = await ownershipFixes(files, folder, wanted);
      expect(fixes.map(({ path }) => path)).toEqual([
        join(folder, 'database'),
        join(folder, 'cookie'),
      ]);
      await applyDirectly(files, fixes);
      expect(await actualOwnership(join(folder, 'database'))).toEqual(wanted.get('database'));
      expect(await ownershipFixes(files, folder, wanted)).toEqual([]);
    });
  });

  it('passes over missing files', async () => {
    await withFolder(async (folder) => {
      expect(await ownershipFixes(files, folder, wanted)).toEqual([]);
    });
  });

  it('is never set through a symbolic link or on a folder: all of them are reported', async () => {
    await withFolder(async (folder) => {
      await symlink('/etc/passwd', join(folder, 'database'));
      await mkdir(join(folder, 'cookie'));
      await expect(ownershipFixes(files, folder, wanted)).rejects.toMatchObject({
        code: 'secret-invalid',
        problems: [
          { where: { file: join(folder, 'database') } },
          { where: { file: join(folder, 'cookie') } },
        ],
      });
    });
  });
});

describe('the operator of a folder', () => {
  it('is its owner, and whoever runs the program before it exists', async () => {
    await withFolder(async (folder) => {
      const other = { uid: uid + 1, gid: gid + 1, groups: [] };
      const { uid: ownerUid, gid: ownerGid } = await lstat(folder);
      expect(await operatorOf(files, folder, other)).toEqual({ uid: ownerUid, gid: ownerGid });
      expect(await operatorOf(files, join(folder, 'none'), other)).toEqual({
        uid: other.uid,
        gid: other.gid,
      });
    });
  });
});

describe('an operator', () => {
  const own = { uid: 1000, gid: 1000, mode: 0o600 };
  const user = { uid: 1000, gid: 1000, groups: [1000, 998] };
  const to = (change: object): { path: string; actual: typeof own; wanted: typeof own } => ({
    path: '/p/secrets/database',
    actual: own,
    wanted: { ...own, mode: 0o440, ...change },
  });

  it('who is root may make every change', () => {
    const root = { uid: 0, gid: 0, groups: [0] };
    expect(canApplyDirectly(root, to({ uid: 0, gid: 40_123 }))).toBe(true);
  });

  it('who is not may change modes and give files to groups of their own only', () => {
    expect(canApplyDirectly(user, to({}))).toBe(true);
    expect(canApplyDirectly(user, to({ gid: 998 }))).toBe(true);
    expect(canApplyDirectly(user, to({ gid: 40_123 }))).toBe(false);
    expect(canApplyDirectly(user, to({ uid: 0 }))).toBe(false);
  });
});

describe('the container that sets ownership', () => {
  it('runs a script that does exactly that', async () => {
    await withSecrets(async (folder) => {
      const fixes = await ownershipFixes(files, folder, wanted);
      const { argv, mounts } = chownContainerCommand(fixes);
      const script = mounts.reduce(
        (text, { source, target }) => text.replaceAll(new RegExp(`${target}\\b`, 'g'), source),
        argv[2] ?? '',
      );
      expect(await run(argv[0] ?? '', [argv[1] ?? '', script])).toEqual({ status: 0, output: '' });
      expect(await ownershipFixes(files, folder, wanted)).toEqual([]);
    });
  });

  it('fails where one change fails', async () => {
    await withSecrets(async (folder) => {
      const fixes = await ownershipFixes(files, folder, wanted);
      // Without the mounts the script's own paths do not exist.
      const [program = '', ...rest] = chownContainerCommand(fixes).argv;
      expect((await run(program, rest)).status).not.toBe(0);
    });
  });

  it('sees single files, no network, and has two capabilities', () => {
    const fix = {
      path: "/srv/it's; rm -rf $HOME/secrets/database",
      actual: { uid: 1000, gid: 1000, mode: 0o440 },
      wanted: { uid: 0, gid: 40_123, mode: 0o440 },
    };
    expect(chownContainerCommand([fix, fix])).toEqual({
      argv: [
        'sh',
        '-c',
        'chown 0:40123 /s/0 && chmod 0440 /s/0 && chown 0:40123 /s/1 && chmod 0440 /s/1',
      ],
      mounts: [
        { source: fix.path, target: '/s/0' },
        { source: fix.path, target: '/s/1' },
      ],
      user: '0:0',
      network: 'none',
      readOnly: true,
      capDrop: ['ALL'],
      capAdd: ['CHOWN', 'FOWNER'],
      securityOpt: ['no-new-privileges'],
    });
  });

  it('does nothing where nothing is to be done', async () => {
    const [program = '', ...rest] = chownContainerCommand([]).argv;
    expect(await run(program, rest)).toEqual({ status: 0, output: '' });
  });
});
