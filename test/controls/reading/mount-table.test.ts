import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { mountAt, parseMountTable } from '../../../src/controls/reading/mount-table.ts';

const line = (root: string, target: string, tail = 'ext4 /dev/sda1 rw'): string =>
  `36 35 98:0 ${root} ${target} rw,noatime master:1 shared:2 - ${tail}`;

describe('the mount table', () => {
  it('is read, with optional fields or without', () => {
    const [first, second] = parseMountTable(
      `${line('/mnt1', '/mnt2')}\n1 0 0:1 / / ro - tmpfs tmpfs rw,size=16384k\n`,
    );
    expect(first).toEqual({
      root: '/mnt1',
      target: '/mnt2',
      options: ['rw', 'noatime'],
      fsType: 'ext4',
      source: '/dev/sda1',
      superOptions: ['rw'],
    });
    expect(second).toMatchObject({
      target: '/',
      options: ['ro'],
      superOptions: ['rw', 'size=16384k'],
    });
  });

  it('is read of this very process', async () => {
    const mounts = parseMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
    expect(mountAt(mounts, '/')).toBeDefined();
  });

  it('has paths with blanks, newlines, backslashes and separators as they are', () => {
    const [mount] = parseMountTable(line('/a\\040-\\040b', '/x\\012y\\134z'));
    expect(mount).toMatchObject({ root: '/a - b', target: '/x\ny\\z', fsType: 'ext4' });
  });

  it('keeps a separator in the options of a file system', () => {
    const [mount] = parseMountTable(line('/', '/', 'overlay o rw,lowerdir=/a - b'));
    expect(mount?.superOptions).toEqual(['rw', 'lowerdir=/a - b']);
  });

  it('answers the last mount on a target', () => {
    const mounts = parseMountTable(`${line('/1', '/t')}\n${line('/2', '/t')}`);
    expect(mountAt(mounts, '/t')?.root).toBe('/2');
    expect(mountAt(mounts, '/u')).toBeUndefined();
  });

  it.each([
    'x',
    '36 35 98:0 / /',
    '36 35 98:0 / / rw',
    '36 35 98:0 / - ext4 x rw',
    `${line('/', '/').split(' - ')[0] ?? ''} - `,
  ])('is refused where a line has another form: %j', (text) => {
    expect(() => parseMountTable(`${line('/', '/')}\n${text}`)).toThrow(TypeError);
  });
});
