import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import type { SecretProblem } from '../../src/secrets/check.ts';
import { applyDirectly, ownershipFixes, wantedOwnership } from '../../src/secrets/ownership.ts';
import type { SecretSpec } from '../../src/secrets/specification.ts';
import { openSecretStore } from '../../src/secrets/store.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { realRandom, run, spec, withFolder } from './fixtures.ts';

const day = 24 * 60 * 60 * 1000;
const files = nodeFileSystem();
const identity = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  groups: process.getgroups?.() ?? [],
};
/** bcrypt is slow on purpose, and slower still where other tests run beside these. */
const slow = { timeout: 60_000 };
const password = spec({ name: 'database', kind: 'password' });
const given = spec({ name: 'client', kind: 'given', help: 'From your provider.' });

interface Project {
  store: SecretStore;
  folder: string;
  clock: { time: number };
}

async function withProject(test: (project: Project) => Promise<void>): Promise<void> {
  await withFolder(async (directory) => {
    const clock = { time: Date.now() };
    const world = {
      files,
      identity,
      random: realRandom,
      clock: { now: () => new Date(clock.time) },
    };
    const project = { directory, name: 'jacker', permittedNames: ['x.test'] };
    const store = openSecretStore(world, project);
    await test({ store, folder: join(directory, 'secrets'), clock });
  });
}

/** The problems of a kind as `severity secret`; only root can set the groups right first. */
function having(problems: readonly SecretProblem[], kind: SecretProblem['kind']): string[] {
  return problems
    .filter((problem) => problem.kind === kind)
    .map(({ severity, secret }) => `${severity} ${secret ?? 'folder'}`);
}

/** The kinds of problem of one file with this content, apart from its group. */
async function kindsFor(
  one: SecretSpec,
  content: string,
  others: SecretSpec[] = [],
): Promise<string[]> {
  const kinds: string[] = [];
  await withProject(async ({ store }) => {
    await store.ensure([one, ...others]);
    await store.remove(one.name);
    await store.write(one.name, content);
    const problems = await store.check([one, ...others]);
    if (content !== '')
      for (const problem of problems) expect(JSON.stringify(problem)).not.toContain(content);
    kinds.push(...problems.map(({ kind }) => kind).filter((kind) => kind !== 'ownership'));
  });
  return kinds;
}

describe('checking secrets', () => {
  const specs = [
    password,
    spec({ name: 'cookie', kind: 'cookie' }),
    spec({ name: 'token', kind: 'hex' }),
    spec({ name: 'seed', kind: 'base64', length: 48 }),
    spec({ name: 'edge', kind: 'certificate', names: ['x.test'] }),
    spec({ name: 'edge-key', kind: 'certificate-key', of: 'edge' }),
  ];

  it('finds nothing wrong with what was generated and given to its groups', slow, async () => {
    await withProject(async ({ store, folder }) => {
      const users = spec({ name: 'users', kind: 'htpasswd', of: 'database', user: 'ada' });
      const all = [...specs, users];
      await store.ensure(all);
      const wanted = wantedOwnership('jacker', all, identity);
      if (identity.uid === 0) {
        await applyDirectly(files, await ownershipFixes(files, folder, wanted));
        expect(await store.check(all)).toEqual([]);
      } else {
        // Only root or a container may set the groups: they are all that is left.
        const kinds = new Set((await store.check(all)).map(({ kind }) => kind));
        expect([...kinds]).toEqual(['ownership']);
      }
    });
  });

  it('reports every secret that has not been given to its group', async () => {
    await withProject(async ({ store }) => {
      await store.ensure(specs);
      expect(having(await store.check(specs), 'ownership')).toEqual(
        specs.map(({ name }) => `error ${name}`).sort(),
      );
    });
  });

  it('changes nothing', async () => {
    await withProject(async ({ store, folder }) => {
      expect(having(await store.check(specs), 'missing')).toHaveLength(specs.length + 1);
      await expect(lstat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  it('reports modes of files and of the folder', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([password]);
      await chmod(join(folder, 'database'), 0o644);
      await chmod(folder, 0o755);
      expect(having(await store.check([password]), 'mode')).toEqual([
        'error folder',
        'error database',
      ]);
    });
  });

  it('reports links and folders in the place of secrets, and goes on with the others', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([password]);
      await symlink('/etc/hostname', join(folder, 'client'));
      await mkdir(join(folder, 'token'));
      const all = [given, spec({ name: 'token', kind: 'hex' }), spec({ name: 'z', kind: 'hex' })];
      const problems = await store.check([...all, password]);
      expect(having(problems, 'not-a-file')).toEqual(['error client', 'error token']);
      expect(having(problems, 'missing')).toEqual(['error z']);
    });
  });

  it('names files that no service uses, as information', async () => {
    await withProject(async ({ store }) => {
      await store.ensure([password]);
      await store.write('left-over', 'x');
      expect(having(await store.check([password]), 'extra')).toEqual(['info left-over']);
    });
  });

  it('is about the form of rendered files no more than that they are not empty', async () => {
    const rendered = spec({ name: 'app.cfg', kind: 'given', rendered: true });
    expect(await kindsFor(rendered, 'password = "x"\n')).toEqual([]);
    expect(await kindsFor(rendered, '')).toEqual(['empty']);
  });
});

describe('a secret that is not fit for use', () => {
  it.each([
    ['', 'empty'],
    ['\n', 'empty'],
    ['changeme', 'published'],
    ['Postgres', 'published'],
    ['Admin123!', 'published'],
    ['q7Hz2', 'weak'],
    ['abababababababababababab', 'weak'],
  ])('is reported: the password %j is %s', async (content, kind) => {
    expect(await kindsFor(password, content)).toEqual([kind]);
  });

  it('is reported for a line end, and also for what is before it', async () => {
    expect(await kindsFor(password, 'vQ8sLm2ZpT4xWc9Rb1Ky\n')).toEqual(['line-end']);
    expect(await kindsFor(password, 'changeme\n')).toEqual(['line-end', 'published']);
    expect(await kindsFor(given, 'abc123-from-provider\r\n')).toEqual(['line-end']);
    // A PEM file ends with the end of a line.
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(await kindsFor(given, pem)).toEqual([]);
  });

  it('is reported for the wrong form or length of its kind', async () => {
    const cookie = spec({ name: 'cookie', kind: 'cookie' });
    const hex = spec({ name: 'token', kind: 'hex' });
    const base64 = spec({ name: 'seed', kind: 'base64' });
    expect(await kindsFor(cookie, 'vQ8sLm2ZpT4xWc9Rb1Ky')).toEqual(['malformed']);
    expect(await kindsFor(hex, 'not hexadecimal at all')).toEqual(['malformed']);
    expect(await kindsFor(hex, '0123456789abcdef')).toEqual(['weak']);
    expect(await kindsFor(hex, '00'.repeat(32))).toEqual(['weak']);
    expect(await kindsFor(base64, 'AAECAwQFBgcICQ==')).toEqual(['weak']);
    expect(await kindsFor(base64, '****')).toEqual(['malformed']);
  });

  it('is reported where it does not fit the secret it is derived from', slow, async () => {
    const users = spec({ name: 'users', kind: 'htpasswd', of: 'database', user: 'ada' });
    const hash = '$2y$12$' + 'a'.repeat(53);
    expect(await kindsFor(users, `ada:${hash}`, [password])).toEqual(['outdated']);
    expect(await kindsFor(users, `ada:${hash.replace('12', '04')}`, [password])).toEqual(['weak']);
    expect(await kindsFor(users, 'ada:plain-text', [password])).toEqual(['malformed']);
  });
});

describe('the remedy', () => {
  it('for a secret that is to be given writes it closed, exact and without a trace', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([password]);
      const [problem] = (await store.check([given, password])).filter(
        ({ kind }) => kind === 'missing',
      );
      expect(problem).toMatchObject({ secret: 'client', where: { file: 'secrets/client' } });
      const command = problem?.hint?.replace(/^In bash: /, '') ?? '';
      const child = execFile('bash', ['-c', command]);
      child.stdin?.end('a b$c"\n');
      const status = await new Promise((resolve) => child.once('close', resolve));
      expect(status).toBe(0);
      expect(await readFile(join(folder, 'client'), 'utf8')).toBe('a b$c"');
      expect((await lstat(join(folder, 'client'))).mode & 0o077).toBe(0);
    });
  });

  it('for a line end takes it off', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([password]);
      await store.write('database', 'vQ8sLm2ZpT4xWc9Rb1Ky\r\n');
      const [problem] = (await store.check([password])).filter(({ kind }) => kind === 'line-end');
      expect(await run('sh', ['-c', problem?.hint ?? 'false'])).toMatchObject({ status: 0 });
      expect(await readFile(join(folder, 'database'), 'utf8')).toBe('vQ8sLm2ZpT4xWc9Rb1Ky');
    });
  });
});

describe('certificates', () => {
  const edge = spec({ name: 'edge', kind: 'certificate', names: ['x.test'] });
  const key = spec({ name: 'edge-key', kind: 'certificate-key', of: 'edge' });

  it('are reported before and after they end', async () => {
    await withProject(async ({ store, clock }) => {
      await store.ensure([edge, key]);
      clock.time += 65 * day;
      expect(having(await store.check([edge, key]), 'expiry')).toEqual(['warning edge']);
      clock.time += 30 * day;
      expect(having(await store.check([edge, key]), 'expiry')).toEqual(['error edge']);
      clock.time += 3560 * day;
      expect(having(await store.check([edge, key]), 'expiry')).toEqual([
        'error ca.crt',
        'error edge',
      ]);
    });
  });

  it('are reported for other names, another authority and another key', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([edge, key]);
      const renamed = { ...edge, names: ['a.x.test'] };
      expect(having(await store.check([renamed, key]), 'outdated')).toEqual(['error edge']);
      const moved = { ...edge, names: ['y.test'] };
      expect(having(await store.check([moved, key]), 'outdated')).toEqual([
        'error ca.crt',
        'error edge',
      ]);
      const authorityKey = await readFile(join(folder, 'ca.key'), 'utf8');
      await store.write('edge-key', authorityKey);
      expect(having(await store.check([edge, key]), 'outdated')).toEqual(['error edge-key']);
      await store.write('edge', await readFile(join(folder, 'ca.crt'), 'utf8'));
      await store.write('ca.key', await readFile(join(folder, 'ca.crt'), 'utf8'));
      expect(having(await store.check([edge, key]), 'outdated')).toContain('error ca.crt');
    });
  });

  it('are in order while the key of the authority is kept elsewhere', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([edge, key]);
      await rm(join(folder, 'ca.key'));
      const kinds = (await store.check([edge, key])).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind !== 'ownership')).toEqual([]);
    });
  });

  it('are reported where they are no certificates', async () => {
    await withProject(async ({ store, folder }) => {
      await store.ensure([edge, key]);
      await rm(join(folder, 'edge-key'));
      await writeFile(join(folder, 'edge-key'), 'junk');
      await store.write('edge', 'junk');
      await store.write('ca.crt', 'junk');
      expect(having(await store.check([edge, key]), 'malformed')).toEqual([
        'error ca.crt',
        'error edge',
        'error edge-key',
      ]);
    });
  });
});
