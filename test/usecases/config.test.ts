import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { coreSettings } from '../../src/settings/core.ts';
import type { SettingDefinition } from '../../src/settings/definition.ts';
import {
  configExplain,
  configGet,
  configSet,
  configValidate,
  readEnvFile,
} from '../../src/usecases/config.ts';

const files = nodeFileSystem();
const definitions: SettingDefinition[] = [
  ...coreSettings,
  {
    key: 'MODE',
    type: 'enum',
    values: ['local', 'oauth'],
    default: 'local',
    help: 'How people sign in.',
    group: 'Access',
  },
  { key: 'CLIENT', type: 'string', help: 'Who we are.', required: { MODE: ['oauth'] } },
];

let folder: string;
let env: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'jacker-config-')));
  env = join(folder, '.env');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function failureOf(run: Promise<unknown>): Promise<JackerError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JackerError);
  return error as JackerError;
}

/** Runs as a user whom file modes bind; root reads everything. */
async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

describe('reading the .env file', () => {
  it('answers null where there is none', async () => {
    expect(await readEnvFile(files, env)).toBeNull();
    expect(await readEnvFile(files, join(folder, 'no', 'folder', '.env'))).toBeNull();
  });

  it('follows a symbolic link', async () => {
    writeFileSync(join(folder, 'real'), 'A=b');
    symlinkSync('real', env);
    expect(await readEnvFile(files, env)).toMatchObject({ file: env, entries: [{ key: 'A' }] });
  });

  it.each<[string, () => void, string]>([
    ['a folder', () => mkdirSync(env), 'a folder is where the .env file belongs'],
    ['a link to a folder', () => symlinkSync('.', env), 'a folder is where'],
    ['a pipe', () => execFileSync('mkfifo', [env]), 'the path is a pipe, socket or device'],
    ['a link to a device', () => symlinkSync('/dev/zero', env), 'the path is a pipe'],
    ['a link to nothing', () => symlinkSync('nothing', env), 'the symbolic link leads to nothing'],
    ['a huge file', () => writeFileSync(env, '#'.repeat(5_000_000)), 'the file has 5000000 bytes'],
    ['a text that is wrong', () => writeFileSync(env, 'A=b\nnothing'), 'a line of 7 characters'],
  ])('refuses %s with a remedy', async (_, make, what) => {
    make();
    const error = await failureOf(readEnvFile(files, env));
    expect(error.code).toBe('settings-invalid');
    expect(error.exitCode).toBe(2);
    expect(error.problems).toMatchObject([
      { what: expect.stringContaining(what) as string, where: { file: env } },
    ]);
    expect(error.problems[0]?.hint).toMatch(/\.$/);
  });

  it('says how to go on where the file may not be read', async () => {
    writeFileSync(env, 'A=b', { mode: 0o000 });
    const error = await failureOf(unprivileged(() => readEnvFile(files, env)));
    expect(error.code).toBe('permission');
    expect(error.exitCode).toBe(77);
    expect(error.problems[0]).toMatchObject({ where: { file: env } });
    expect(error.problems[0]?.hint).toBeTruthy();
  });

  it('refuses a loop of links', async () => {
    symlinkSync('.env', env);
    expect((await failureOf(readEnvFile(files, env))).exitCode).toBe(2);
  });
});

describe('getting a setting', () => {
  it('tells value, source and place', async () => {
    writeFileSync(env, '# c\nHTTP_PORT=8080\n');
    expect(await configGet(files, env, definitions, 'HTTP_PORT')).toEqual({
      key: 'HTTP_PORT',
      value: 8080,
      source: 'env-file',
      where: { file: env, line: 2, column: 1, key: 'HTTP_PORT' },
    });
    expect(await configGet(files, env, definitions, 'HTTPS_PORT')).toEqual({
      key: 'HTTPS_PORT',
      value: 443,
      source: 'default',
    });
    expect(await configGet(files, env, definitions, 'CLIENT')).toEqual({ key: 'CLIENT' });
  });

  it('refuses an unknown name and says which was likely meant', async () => {
    const error = await failureOf(configGet(files, env, definitions, 'HTP_PORT'));
    expect(error.code).toBe('settings-invalid');
    expect(error.problems[0]?.hint).toContain('Did you mean HTTP_PORT?');
  });
});

describe('changing settings', () => {
  const set = (...changes: [string, string | null][]) =>
    configSet(
      files,
      env,
      definitions,
      changes.map(([key, value]) => ({ key, value })),
    );

  it('makes the file, for its owner alone', async () => {
    expect(await set(['HTTP_PORT', '8080'])).toMatchObject({
      path: env,
      changed: true,
      created: true,
      settings: { values: { HTTP_PORT: 8080 } },
    });
    expect(readFileSync(env, 'utf8')).toBe('HTTP_PORT=8080\n');
    expect(statSync(env).mode & 0o777).toBe(0o600);
  });

  it('changes one line and keeps the rest, the mode and the owner', async () => {
    writeFileSync(env, '# mine\r\nHTTP_PORT=80 # why\r\nX_OWN=1');
    chmodSync(env, 0o640);
    if (process.getuid?.() === 0) chownSync(env, 12_345, 54_321);
    const before = statSync(env);
    expect(await set(['HTTP_PORT', '8080'])).toMatchObject({ changed: true, created: false });
    expect(readFileSync(env, 'utf8')).toBe('# mine\r\nHTTP_PORT=8080 # why\r\nX_OWN=1');
    const { mode, uid, gid } = statSync(env);
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
    expect(readdirSync(folder)).toEqual(['.env']);
  });

  it('writes through a symbolic link to its target', async () => {
    mkdirSync(join(folder, 'other'));
    const real = join(folder, 'other', 'real');
    writeFileSync(real, 'HTTP_PORT=80\n');
    symlinkSync('other/real', env);
    expect(await set(['HTTP_PORT', '8080'])).toMatchObject({ path: real });
    expect(readFileSync(real, 'utf8')).toBe('HTTP_PORT=8080\n');
    expect(realpathSync(env)).toBe(real);
  });

  it('takes a setting out, so that its default applies', async () => {
    writeFileSync(env, '# c\nHTTP_PORT=8080\nPRESET=full\n');
    expect((await set(['HTTP_PORT', null])).settings.values['HTTP_PORT']).toBe(80);
    expect(readFileSync(env, 'utf8')).toBe('# c\nPRESET=full\n');
  });

  it('writes nothing where the file says so already', async () => {
    writeFileSync(env, 'HTTP_PORT="8080"\n');
    const { ino } = statSync(env);
    expect(await set(['HTTP_PORT', '8080'], ['PRESET', null])).toMatchObject({ changed: false });
    expect(statSync(env).ino).toBe(ino);
    rmSync(env);
    expect(await set(['PRESET', null])).toMatchObject({ changed: false, created: false });
    expect(existsSync(env)).toBe(false);
  });

  it('makes several changes at once that only together are valid', async () => {
    expect((await failureOf(set(['MODE', 'oauth']))).problems[0]?.what).toBe('CLIENT is required');
    expect(existsSync(env)).toBe(false);
    expect((await set(['MODE', 'oauth'], ['CLIENT', 'me'])).settings.values).toMatchObject({
      MODE: 'oauth',
      CLIENT: 'me',
    });
  });

  it('repairs a value that is wrong', async () => {
    writeFileSync(env, 'HTTP_PORT=x\n');
    await set(['HTTP_PORT', '8080']);
    expect(readFileSync(env, 'utf8')).toBe('HTTP_PORT=8080\n');
  });

  it('lets people keep variables of their own', async () => {
    await set(['X_MINE', 'a b']);
    expect(readFileSync(env, 'utf8')).toBe("X_MINE='a b'\n");
  });

  it.each<[string, string, string, string]>([
    ['a value of another type', 'HTTP_PORT', 'x', 'PRESET=full\n'],
    ['a line break where one line is asked for', 'CLIENT', 'a\nb', 'PRESET=full\n'],
    ['an unknown name', 'HTP_PORT', '1', 'PRESET=full\n'],
    ['a name that is none', 'X_a b', '1', 'PRESET=full\n'],
    ['a value that no quotes hold', 'CLIENT', '\'"`#', 'PRESET=full\n'],
    ['a change while another value is wrong', 'HTTP_PORT', '8080', 'PRESET=fool\n'],
    ['a change of a text that is wrong', 'HTTP_PORT', '8080', 'PRESET="full\n'],
  ])('writes nothing for %s', async (_, key, value, text) => {
    writeFileSync(env, text);
    const { ino } = statSync(env);
    expect((await failureOf(set([key, value]))).code).toBe('settings-invalid');
    expect(readFileSync(env, 'utf8')).toBe(text);
    expect(statSync(env).ino).toBe(ino);
    expect(readdirSync(folder)).toEqual(['.env']);
  });
});

describe('explaining a setting', () => {
  it('tells all about it', async () => {
    writeFileSync(env, '\nMODE=oauth\nCLIENT=me\n');
    expect(await configExplain(files, env, definitions, 'MODE')).toEqual({
      key: 'MODE',
      type: 'enum',
      help: 'How people sign in.',
      expects: 'one of local, oauth',
      required: false,
      group: 'Access',
      default: 'local',
      values: ['local', 'oauth'],
      value: 'oauth',
      source: 'env-file',
      where: { file: env, line: 2, column: 1, key: 'MODE' },
      problems: [],
    });
    expect(await configExplain(files, env, definitions, 'CLIENT')).toMatchObject({
      required: true,
      value: 'me',
    });
  });

  it('also while something is wrong, and then what', async () => {
    writeFileSync(env, 'MODE=other\nHTTP_PORT=x\n');
    const explanation = await configExplain(files, env, definitions, 'MODE');
    expect(explanation).not.toHaveProperty('value');
    expect(explanation.where).toMatchObject({ line: 1 });
    expect(explanation.problems).toMatchObject([{ where: { line: 1, key: 'MODE' } }]);
  });
});

describe('validating', () => {
  it('answers the settings, or throws with every problem', async () => {
    expect((await configValidate(files, env, definitions)).values).toMatchObject({ MODE: 'local' });
    writeFileSync(env, 'MODE=oauth\nNOPE=1\n');
    const error = await failureOf(configValidate(files, env, definitions));
    expect(error.exitCode).toBe(2);
    expect(error.problems.map(({ where }) => where)).toEqual([
      { file: env, line: 2, column: 1, key: 'NOPE' },
      { file: env, key: 'CLIENT' },
    ]);
  });
});
