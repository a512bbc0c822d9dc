import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf, fill, run } from '../bad-input/folder.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

/** Runs commands at once; each must say truly whether its change is in the file. */
async function atOnce(
  directory: string,
  commands: readonly { argv: string[]; line: (text: string) => boolean }[],
): Promise<number> {
  const ended = await Promise.all(commands.map(({ argv }) => run(directory, argv)));
  const text = await readFile(join(directory, '.env'), 'utf8');
  for (const [index, { argv, line }] of commands.entries()) {
    const result = ended[index];
    expect([0, 75], result?.stderr).toContain(result?.exitCode);
    expect(line(text), argv.join(' ')).toBe(result?.exitCode === 0);
    if (result?.exitCode === 75) expect(result.stderr).toContain('in use by "jacker');
  }
  return ended.filter(({ exitCode }) => exitCode === 0).length;
}

describe('changes of one .env at the same time', () => {
  const settings = ['GENERAL', 'API', 'AUTH', 'CRITICAL'].map((name) => `RATE_${name}`);

  it('are all made, or refused with 75: none is lost without a word', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': 'DOMAIN=example.test\n' });
    let made = 0;
    for (let round = 1; round <= 4; round++) {
      made += await atOnce(
        directory,
        settings.map((key) => ({
          argv: ['config', 'set', `${key}=${String(round)}/s:5`],
          line: (text) => text.includes(`${key}=${String(round)}/s:5\n`),
        })),
      );
    }
    expect(made).toBeGreaterThan(3);
  });

  it('are all made, or refused with 75, when services are turned on', async () => {
    const directory = await temporaryFolder();
    const names = ['one', 'two', 'three', 'four'];
    await fill(directory, {
      '.env': 'DOMAIN=example.test\n',
      ...Object.fromEntries(names.map((name) => [`services/${name}.yml`, serviceText(name)])),
    });
    const made = await atOnce(
      directory,
      names.map((name) => ({
        argv: ['services', 'enable', name],
        line: (text) => new RegExp(`^SERVICES_ENABLED=.*\\b${name}\\b`, 'm').test(text),
      })),
    );
    expect(made).toBeGreaterThan(0);
  });

  it('leave no lock behind, and none is taken for what is refused anyway', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': 'DOMAIN=example.test\n' });
    const refused = await run(directory, ['config', 'set', 'SERVICES_ENABLED=nobody', '--json']);
    expect(errorOf(refused)).toMatchObject({
      exitCode: 2,
      problems: [{ where: { file: join(directory, '.env'), line: 2, key: 'SERVICES_ENABLED' } }],
    });
    await expect(readFile(join(directory, '.jacker/lock'))).rejects.toThrow(/ENOENT/);
    expect((await run(directory, ['config', 'set', 'RATE_API=7/s:7'])).exitCode).toBe(0);
    await expect(readFile(join(directory, '.jacker/lock'))).rejects.toThrow(/ENOENT/);
  });
});
