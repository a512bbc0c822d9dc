import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository's folder. */
export const root = join(import.meta.dirname, '../..');

/** The package as it would be published, and as it is once somebody has installed it. */
export interface PackedPackage {
  folder: string;
  archive: string;
  /** What npm links into PATH. */
  binary: string;
  remove(): Promise<void>;
}

/** Packs what was built, and installs the archive without a registry. */
export async function packPackage(): Promise<PackedPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-pack-'));
  const destination = ['--json', '--pack-destination', folder];
  const packed = await execa('npm', ['pack', '--ignore-scripts', ...destination], { cwd: root });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const archive = join(folder, filename);
  const prefix = join(folder, 'prefix');
  const quiet = ['--offline', '--no-audit', '--no-fund'];
  await execa('npm', ['install', '--global', ...quiet, '--prefix', prefix, archive]);
  return {
    folder,
    archive,
    binary: join(prefix, 'bin/jacker'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
