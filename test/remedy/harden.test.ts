import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/remedy/line-diff.ts';
import { copyPath } from '../../src/usecases/write-hardened.ts';
import { hardenFiles, textOf } from './corpus.ts';

const path = '/project/compose.yml';
const harden = (text: string, options: Parameters<typeof hardenFiles>[1] = {}) =>
  hardenFiles([path], { texts: new Map([[path, text]]), ...options });

describe('what is applied and what is only proposed', () => {
  it('takes privileges from an image whose needs are known', async () => {
    const hardened = await harden('services:\n  db:\n    image: redis:8\n    volumes: [d:/data]\n');
    const text = textOf(hardened, path);
    expect(text).toContain('user: "999:999" # ');
    expect(text).toContain('cap_drop: [ALL] # ');
    expect(text).toContain('read_only: true # ');
    const user = hardened.changes.find(({ key }) => key[0] === 'user');
    expect(user).toMatchObject({ ground: 'known-image' });
    expect(user?.source).toContain('docker-library-redis');
  });

  it.each([
    ['an image that is not known', 'image: example.org/app:1'],
    ['another program in it', 'image: redis:8\n    entrypoint: [/app]\n    volumes: [d:/data]'],
    ['an image that is built', 'image: redis:8\n    build: .\n    volumes: [d:/data]'],
    ['an image that a variable names', 'image: ${IMAGE}'],
  ])('only proposes it for %s', async (_, service) => {
    const hardened = await harden(`services:\n  db:\n    ${service}\n`);
    const text = textOf(hardened, path);
    expect(text).not.toMatch(/^ *(user|cap_drop|read_only):/m);
    expect(text).toMatch(/# jacker proposes: cap_drop: \[ALL\] .*\[not proven\]/);
    expect(
      hardened.notChanged.find(({ proposal }) => proposal === 'read_only: true')?.why,
    ).toContain('--prove');
  });

  it('leaves the user of files on the host alone, and with it the capabilities to read them', async () => {
    const text = textOf(
      await harden(
        'services:\n  db:\n    image: postgres:16\n    volumes: [./data:/var/lib/postgresql/data]\n',
      ),
      path,
    );
    expect(text).not.toMatch(/^ *(user|cap_drop):/m);
    expect(text).toMatch(/^ *read_only: true/m);
  });

  it('leaves what somebody accepted with a reason', async () => {
    const bare = 'services:\n  a:\n    image: x\n';
    const accepted = '  # jacker-ignore MED-003 its own pool of threads until=2027-01-01\n  a:';
    expect(textOf(await harden(bare), path)).toContain('pids_limit');
    const hardened = await harden(bare.replace('  a:', accepted));
    expect(textOf(hardened, path)).not.toContain('pids_limit');
    expect(hardened.notChanged.find(({ control }) => control === 'MED-003')?.why).toContain(
      'threads',
    );
  });

  it('marks what the engine showed, and takes no other value for it', async () => {
    const proven = {
      service: 'db',
      control: 'MED-001',
      key: ['user'] as const,
      change: { kind: 'set', value: '70:70' } as const,
      reason: 'it works',
      ground: 'proven' as const,
    };
    const text = 'services:\n  db:\n    image: redis:8\n    volumes: [d:/data]\n';
    const refuted = [{ service: 'db', key: 'read_only', why: 'it broke' }];
    const hardened = await harden(text, { proven: [proven], refuted });
    const again = await harden(textOf(hardened, path), { proven: [proven], refuted });
    expect(again.changes).toEqual([]);
    const after = textOf(hardened, path);
    expect(after).toContain('user: "70:70" # it works [proven]');
    expect(after).not.toContain('999');
    expect(after).not.toMatch(/read_only/);
    const why = hardened.notChanged.find(({ proposal }) => proposal === 'read_only: true')?.why;
    expect(why).toContain('it broke');
    // An override would break it as well.
    expect(why).not.toContain('--override');
  });

  it('refuses what is no Compose file', async () => {
    await expect(harden('services: [\n')).rejects.toThrow();
    await expect(hardenFiles(['/nowhere.yml'])).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('where it goes', () => {
  it('is beside the file', () => {
    expect(copyPath('/a/docker-compose.prod.yaml')).toBe('/a/docker-compose.prod.hardened.yaml');
    expect(copyPath('/a/stack')).toBe('/a/stack.hardened.yml');
  });
});

describe('the difference of two texts', () => {
  it('is what diff -u prints', () => {
    const old = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n';
    expect(unifiedDiff(old, old.replace('b\n', 'B\n').replace('i\n', 'i\nI\n'), ['x', 'y'])).toBe(
      '--- x\n+++ y\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -7,4 +7,5 @@\n g\n h\n i\n+I\n j\n',
    );
    expect(unifiedDiff('a\n', 'a\n', ['x', 'y'])).toBe('');
    expect(unifiedDiff('', 'a\n', ['x', 'y'])).toBe('--- x\n+++ y\n@@ -1,0 +1,1 @@\n+a\n');
  });
});
