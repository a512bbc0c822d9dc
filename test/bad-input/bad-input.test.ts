import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { errorOf, fill, run, snapshot, type Content } from './folder.ts';

const commands = ['plan', 'up --yes', 'config validate'];
const good = 'DOMAIN=example.test\n';
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

interface BadInput {
  name: string;
  files: Readonly<Record<string, Content>>;
  /** The place of the first problem. */
  where: { file: string; line?: number; key?: string };
  hint: RegExp;
  code?: string;
}

const badInputs: readonly BadInput[] = [
  {
    name: 'an unknown key',
    files: { '.env': `${good}HTTPS_PROT=443\n` },
    where: { file: '.env', line: 2, key: 'HTTPS_PROT' },
    hint: /Did you mean HTTPS_PORT\?/,
  },
  {
    name: 'a missing required key',
    files: { '.env': `${good}TLS_MODE=letsencrypt\n` },
    where: { file: '.env', key: 'ACME_EMAIL' },
    hint: /Set ACME_EMAIL/,
  },
  {
    name: 'a wrong type',
    files: { '.env': `${good}\nHTTPS_PORT=https\n` },
    where: { file: '.env', line: 3, key: 'HTTPS_PORT' },
    hint: /Correct the value/,
  },
  {
    name: 'a number out of range',
    files: { '.env': `${good}HTTPS_PORT=65536\n` },
    where: { file: '.env', line: 2, key: 'HTTPS_PORT' },
    hint: /Correct the value/,
  },
  {
    name: 'a value of an enumeration with a slip',
    files: { '.env': `${good}PRESET=standart\n` },
    where: { file: '.env', line: 2, key: 'PRESET' },
    hint: /Did you mean standard\?/,
  },
  {
    name: 'a duplicate key',
    files: { '.env': `${good}PRESET=full\nDOMAIN=other.test\n` },
    where: { file: '.env', line: 3, key: 'DOMAIN' },
    hint: /Keep one/,
  },
  {
    name: 'an unterminated quote',
    files: { '.env': `${good}SIGN_IN_BANNER="no end\nPRESET=full\n` },
    where: { file: '.env', line: 2, key: 'SIGN_IN_BANNER' },
    hint: /Close the quote/,
  },
  {
    name: 'a line without =',
    files: { '.env': `${good}just words\n` },
    where: { file: '.env', line: 2 },
    hint: /NAME=value/,
  },
  {
    name: 'bytes that are not UTF-8',
    files: { '.env': bytes(good, 'SIGN_IN_BANNER=', [0xff, 0xc3, 0x28], '\n') },
    where: { file: '.env', line: 2 },
    hint: /UTF-8/,
  },
  {
    name: 'UTF-16',
    files: { '.env': Buffer.from(`\ufeff${good}`, 'utf16le') },
    where: { file: '.env', line: 1 },
    hint: /UTF-8/,
  },
  {
    name: 'a NUL',
    files: { '.env': bytes(good, 'SIGN_IN_BANNER=a', [0], 'b\n') },
    where: { file: '.env', line: 2, key: 'SIGN_IN_BANNER' },
    hint: /Remove the byte/,
  },
  {
    name: 'a value of a megabyte',
    files: { '.env': `${good}SIGN_IN_BANNER=${'x'.repeat(1024 * 1024)}\n` },
    where: { file: '.env', line: 2, key: 'SIGN_IN_BANNER' },
    hint: /file of its own/,
  },
  {
    name: 'a file of many megabytes',
    files: { '.env': '#'.repeat(5 * 1024 * 1024) },
    where: { file: '.env' },
    hint: /really is the \.env file/,
  },
  {
    name: 'a value with a line break',
    files: { '.env': `${good}SIGN_IN_BANNER="one\ntwo"\n` },
    where: { file: '.env', line: 2, key: 'SIGN_IN_BANNER' },
    hint: /one line/,
  },
  {
    name: 'a .env that is a folder',
    files: { '.env': { folder: true } },
    where: { file: '.env' },
    hint: /Move the folder away/,
  },
  {
    name: 'no .env at all',
    files: { README: 'nothing' },
    where: { file: '.env' },
    hint: /jacker init/,
    code: 'project-missing',
  },
  {
    name: 'an override that weakens the floor',
    files: { '.env': good, 'overrides/a.yml': 'services:\n  redis:\n    read_only: false\n' },
    where: { file: 'overrides/a.yml', line: 3, key: 'services.redis.read_only' },
    hint: /manifest/,
    code: 'override-invalid',
  },
  {
    name: 'an override that is no YAML',
    files: { '.env': good, 'overrides/a.yml': 'services: [\n' },
    where: { file: 'overrides/a.yml' },
    hint: /plain YAML/,
    code: 'override-invalid',
  },
  {
    name: 'services that need each other in a circle',
    files: {
      '.env': `${good}SERVICES_ENABLED=one\n`,
      'services/one.yml': serviceText('one', { connects: ['two'] }),
      'services/two.yml': serviceText('two', { connects: ['one'] }),
    },
    where: { file: 'services/one.yml', line: 14, key: 'x-jacker.connects.0' },
    hint: /must start first/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service that would be privileged',
    files: { '.env': good, 'services/one.yml': serviceText('one', {}, { privileged: true }) },
    where: { file: 'services/one.yml', line: 4, key: 'privileged' },
    hint: /exceptions/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service with a name that is taken',
    files: { '.env': good, 'services/redis.yml': serviceText('redis') },
    where: { file: 'services/redis.yml' },
    hint: /another file name/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service that does not exist',
    files: { '.env': `${good}SERVICES_ENABLED=postgers\n` },
    where: { key: 'SERVICES_ENABLED', file: '.env', line: 2 },
    hint: /Did you mean postgres\?/,
  },
];

describe.each(commands)('jacker %s', (command) => {
  const argv = command.split(' ');

  it.each(badInputs)(
    'refuses $name with its place and a remedy, and changes nothing',
    async ({ files, where, hint, code }) => {
      const directory = await temporaryFolder();
      await fill(directory, files);
      const before = await snapshot(directory);
      const ended = await run(directory, [...argv, '--json']);
      expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
      const error = errorOf(ended);
      expect(error).toMatchObject({ code: code ?? 'settings-invalid', exitCode: 2 });
      const [first] = error.problems;
      expect(first?.where?.file?.endsWith(where.file), JSON.stringify(first)).toBe(true);
      expect(first?.where).toMatchObject(
        Object.fromEntries(Object.entries(where).filter(([key]) => key !== 'file')),
      );
      expect(first?.what.length).toBeGreaterThan(5);
      expect(first?.hint).toMatch(hint);
      expect(await snapshot(directory)).toEqual(before);
    },
  );

  it('says it in a sentence for people: place, what, and the remedy on a line of its own', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}HTTPS_PROT=443\n` });
    const { exitCode, stdout, stderr } = await run(directory, argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^error \[settings-invalid\]: \S*\.env:2:1 HTTPS_PROT: .*\n {2}Did you mean HTTPS_PORT\?/,
    );
  });

  it('tells all problems of a file at once', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}HTTPS_PROT=1\nPRESET=x\nHTTP_PORT=y\n` });
    const { problems } = errorOf(await run(directory, [...argv, '--json']));
    expect(problems.map(({ where }) => where?.line)).toEqual([2, 3, 4]);
  });

  it('refuses a .env that its user may not read, as lack of permission', async () => {
    const directory = await temporaryFolder();
    await chmod(directory, 0o755);
    await fill(directory, { '.env': good });
    await chmod(join(directory, '.env'), 0o000);
    const before = process.getuid?.() === 0 ? await snapshot(directory) : null;
    // Root may read everything: as somebody else.
    const ended = await run(
      directory,
      [...argv, '--json'],
      process.getuid?.() === 0 ? { uid: 65534 } : {},
    );
    expect(errorOf(ended)).toMatchObject({
      code: 'permission',
      exitCode: 77,
      problems: [
        {
          where: { file: expect.stringMatching(/\.env$/) as string },
          hint: expect.stringMatching(/./) as string,
        },
      ],
    });
    expect(ended.exitCode).toBe(77);
    if (before) expect(await snapshot(directory)).toEqual(before);
  });
});

describe('jacker plan', () => {
  it('before the secrets are made says so, and makes nothing', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}PRESET=minimal\n` });
    const before = await snapshot(directory);
    const ended = await run(directory, ['plan', '--json']);
    expect(errorOf(ended)).toMatchObject({ code: 'secret-missing', exitCode: 2 });
    expect(await snapshot(directory)).toEqual(before);
  });
});

describe('what looks like a command in a value', () => {
  it.each([
    '$(touch PROOF)',
    '`touch PROOF`',
    '${IFS}',
    '; touch PROOF',
    '| touch PROOF',
    '$(touch ${HOME}/PROOF)',
  ])('is kept as it is and never run: %s', async (text) => {
    const directory = await temporaryFolder();
    const proof = join(directory, 'PROOF');
    const value = text.replace('PROOF', proof);
    await fill(directory, { '.env': `${good}SIGN_IN_BANNER='${value}'\n` });
    const shown = await run(directory, ['config', 'get', 'SIGN_IN_BANNER'], {
      env: { HOME: directory },
    });
    expect(shown).toMatchObject({ exitCode: 0, stdout: value });
    const validated = await run(directory, ['config', 'validate'], { env: { HOME: directory } });
    expect(validated.exitCode).toBe(0);
    await run(directory, ['plan'], { env: { HOME: directory } });
    await run(directory, ['up', '--yes'], { env: { HOME: directory } });
    expect(await readdir(directory)).not.toContain('PROOF');
  });
});

describe('a .env from another system', () => {
  it.each([
    ['CRLF line ends', 'DOMAIN=example.test\r\nPRESET=minimal\r\n'],
    ['a byte order mark', '\ufeffDOMAIN=example.test\nPRESET=minimal\n'],
    ['both', '\ufeffDOMAIN=example.test\r\nPRESET=minimal\r\n'],
    ['no line end at the end', 'DOMAIN=example.test\nPRESET=minimal'],
    ['old line ends', 'DOMAIN=example.test\rPRESET=minimal\r'],
  ])('with %s means the same', async (_, text) => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': text });
    const before = await snapshot(directory);
    const { exitCode, stdout, stderr } = await run(directory, [
      'config',
      'get',
      'DOMAIN',
      'PRESET',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe('DOMAIN=example.test\nPRESET=minimal');
    expect(await snapshot(directory)).toEqual(before);
  });
});
