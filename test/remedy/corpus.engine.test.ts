import { execa } from 'execa';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { corpusFile, corpusFolder, corpusNames, hardenFiles, textOf } from './corpus.ts';

describe('docker compose accepts what hardening makes', () => {
  let testbed: Testbed;
  let folder: string;
  beforeAll(async () => {
    testbed = await ensureTestbed();
    folder = await mkdtemp(join(tmpdir(), 'jacker-corpus-'));
    await cp(corpusFolder, folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What Compose says about files, by each of its versions; empty where it accepts them. */
  async function refusals(name: string, files: readonly string[]): Promise<string[]> {
    const said: string[] = [];
    for (const { dockerConfig } of testbed.composeBinaries) {
      const result = await execa(
        'docker',
        ['compose', ...files.flatMap((file) => ['-f', file]), '--profile', '*', 'config', '-q'],
        {
          cwd: join(folder, name),
          env: { ...testbed.env, DOCKER_CONFIG: dockerConfig, HOME: folder, PWD: folder },
          reject: false,
        },
      );
      if (result.exitCode !== 0) said.push(result.stderr);
    }
    return said;
  }

  it.each(corpusNames)('%s', async (name) => {
    const { path } = corpusFile(name);
    expect(await refusals(name, ['compose.yml'])).toEqual([]);
    await writeFile(join(folder, name, 'hardened.yml'), textOf(await hardenFiles([path]), path));
    expect(await refusals(name, ['hardened.yml'])).toEqual([]);
    const override = join(corpusFolder, name, 'over.yml');
    const apart = await hardenFiles([path], { override });
    await writeFile(join(folder, name, 'over.yml'), textOf(apart, override));
    expect(await refusals(name, ['compose.yml', 'over.yml'])).toEqual([]);
  });
});
