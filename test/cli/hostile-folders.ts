import { execa } from 'execa';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fill, lines, ofService, services } from './large-texts.ts';

/** A folder that is made, and what is asked about it: its `compose.yml` where nothing else is said. */
export interface HostileFolder {
  make: (folder: string) => Promise<unknown>;
  args?: readonly string[];
}

const inFolder =
  (files: Readonly<Record<string, string | Uint8Array>>) =>
  async (folder: string): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
    }
  };
const fifo = (folder: string, name: string) => execa('mkfifo', [join(folder, name)]);
const plain = 'services: { a: { image: "x:$T", env_file: a.env } }\n';
const withFifo = (name: string) => async (folder: string) => {
  await writeFile(join(folder, 'compose.yml'), plain);
  await fifo(folder, name);
};
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** By name the folder that is tried. */
export const hostileFolders: Readonly<Record<string, HostileFolder>> = {
  'a file of 100 MB': {
    make: async (folder) => {
      await writeFile(join(folder, 'compose.yml'), 'services:\n');
      await truncate(join(folder, 'compose.yml'), 100e6);
    },
  },
  'ten thousand programs that mount a folder of large files': {
    make: async (folder) => {
      await mkdir(join(folder, 'conf'));
      for (const index of numbers(30)) {
        await writeFile(join(folder, `conf/${index}.yml`), '# ${A}\n'.repeat(30_000));
      }
      const mounts = (index: number) =>
        `, volumes: ["./conf:/etc/traefik", "./conf:/etc/traefik/${index}"]`;
      const text = services(10_000, mounts).replaceAll('image: x', 'image: traefik:v3');
      await writeFile(join(folder, 'compose.yml'), text);
    },
  },
  'an index of Git that is none, and one without an end': {
    make: async (folder) => {
      await mkdir(join(folder, '.git'));
      await mkdir(join(folder, 'sub/.git'), { recursive: true });
      await writeFile(join(folder, '.git/index'), `DIRC\0\0\0\u0002\u00ff\u00ff${'x'.repeat(1e6)}`);
      await fifo(folder, 'sub/.git/index');
      for (const inner of ['', 'sub/']) {
        await writeFile(join(folder, `${inner}.env`), 'DB_PASSWORD=x\n');
        await writeFile(join(folder, `${inner}compose.yml`), plain);
      }
    },
    args: ['compose.yml', 'sub/compose.yml'],
  },
  'links in a circle': {
    make: async (folder) => {
      await symlink('b.yml', join(folder, 'compose.yml'));
      await symlink('compose.yml', join(folder, 'b.yml'));
    },
  },
  'folders in a circle': {
    make: async (folder) => {
      await mkdir(join(folder, 'x'));
      await symlink('..', join(folder, 'x/up'));
      await writeFile(join(folder, 'x/compose.yml'), 'services: { a: { image: x } }');
    },
    args: ['.'],
  },
  'a folder that is a circle': {
    make: async (folder) => {
      await symlink('two', join(folder, 'one'));
      await symlink('one', join(folder, 'two'));
    },
    args: ['one'],
  },
  'a pipe': { make: (folder) => fifo(folder, 'compose.yml') },
  'a pipe in a folder': { make: (folder) => fifo(folder, 'compose.yml'), args: ['.'] },
  ...Object.fromEntries(
    ['compose.override.yml', '.env', 'a.env', '.jacker-waivers.yml'].map((name) => [
      `a pipe as ${name}`,
      { make: withFifo(name) },
    ]),
  ),
  'a pipe as baseline': {
    make: withFifo('b.json'),
    args: ['compose.yml', '--baseline', 'b.json'],
  },
  'a folder with the name of a file': { make: (folder) => mkdir(join(folder, 'compose.yml')) },
  'a device without an end': {
    make: (folder) => symlink('/dev/zero', join(folder, 'compose.yml')),
  },
  'devices as env_file': {
    make: inFolder({ 'compose.yml': ofService('env_file: [/dev/zero, /dev/random, /proc/kmsg]') }),
  },
  'includes in a circle': {
    make: inFolder({
      'compose.yml': `include: [b.yml]\n${plain}`,
      'b.yml': 'include: [compose.yml]\n',
    }),
  },
  'a thousand includes': {
    make: inFolder({
      'compose.yml': `include:\n${lines(1000, (i) => `  - f${i}.yml`)}\n`,
      ...Object.fromEntries(numbers(1000).map((i) => [`f${i}.yml`, services(1)])),
    }),
  },
  'includes that double at each level': {
    make: inFolder(
      Object.fromEntries(
        numbers(60).map((i) => [
          i === 0 ? 'compose.yml' : `f${i}.yml`,
          `include: [f${i + 1}.yml, f${i + 1}.yml]\nservices: { s${i}: { image: x } }`,
        ]),
      ),
    ),
  },
  'one include a hundred thousand times': {
    make: inFolder({
      'compose.yml': `include:\n${fill('  - f.yml\n', 1e6)}`,
      'f.yml': services(1000),
    }),
  },
  'large includes': {
    make: inFolder({
      'compose.yml': `include:\n${lines(40, (i) => `  - f${i}.yml`)}\n`,
      ...Object.fromEntries(
        numbers(40).map((i) => [`f${i}.yml`, services(10_000, () => ', privileged: true')]),
      ),
    }),
  },
  'a large env_file': {
    make: inFolder({
      'compose.yml': ofService('env_file: a.env'),
      'a.env': new Uint8Array(50e6).fill(0x61),
    }),
  },
  'an env_file that all share': {
    make: inFolder({
      'compose.yml': services(3000, () => ', env_file: a.env'),
      'a.env': lines(3000, (i) => `K${i}=value`),
    }),
  },
  'an env_file named again and again': {
    make: inFolder({
      'compose.yml': ofService(`env_file: [${fill('a.env,', 60_000)}]`),
      'a.env': lines(3000, (i) => `K${i}=value`),
    }),
  },
  'variables that triple': {
    make: inFolder({
      'compose.yml': ofService('user: "$A39"'),
      '.env': `A0=${fill('x', 30)}\n${lines(40, (i) => `A${i + 1}=$A${i}$A${i}$A${i}`)}\n`,
    }),
  },
  'a large variable everywhere': {
    make: inFolder({
      'compose.yml': services(10_000, () => ', user: "$BIG$BIG$BIG"'),
      '.env': `BIG=${fill('x', 60_000)}\n`,
    }),
  },
  'a path that is too long': { make: () => Promise.resolve(), args: ['x/'.repeat(4000)] },
  'a path through a file': { make: inFolder({ f: 'x' }), args: ['f/compose.yml'] },
};
