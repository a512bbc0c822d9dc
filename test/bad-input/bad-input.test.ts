import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { errorOf, fill, run, snapshot, type Content } from './folder.ts';

const commands = ['plan', 'up --yes', 'config validate', 'init --no-input'];
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
  {
    name: 'a mirror that Docker takes for an account',
    files: { '.env': `${good}IMAGE_MIRROR=a\n` },
    where: { file: '.env', line: 2, key: 'IMAGE_MIRROR' },
    hint: /Correct the value/,
  },
  {
    name: 'an image that Docker takes for a registry',
    files: { '.env': `${good}TRAEFIK_IMAGE=a.a_a/b\nIMAGE_MIRROR=mirror.test\n` },
    where: { file: '.env', line: 2, key: 'TRAEFIK_IMAGE' },
    hint: /Correct the value/,
  },
  {
    name: 'a duration that no program can count',
    files: { '.env': `${good}SESSION_LIFETIME=999999999h\n` },
    where: { file: '.env', line: 2, key: 'SESSION_LIFETIME' },
    hint: /Correct the value/,
  },
  {
    name: 'a rate that no program can count',
    files: { '.env': `${good}RATE_API=999999999999999999999/s:1\n` },
    where: { file: '.env', line: 2, key: 'RATE_API' },
    hint: /Correct the value/,
  },
  {
    name: 'a domain that leaves no room for the services',
    files: { '.env': `DOMAIN=${`${'a'.repeat(60)}.`.repeat(4)}test\n` },
    where: { file: '.env', line: 1, key: 'DOMAIN' },
    hint: /shorter/,
  },
  {
    name: 'a pipe for an override',
    files: { '.env': good, 'overrides/a.yml': { pipe: true } },
    where: { file: 'overrides/a.yml' },
    hint: /ordinary file/,
    code: 'override-invalid',
  },
  {
    name: 'a device for an override',
    files: { '.env': good, 'overrides/a.yml': { link: '/dev/zero' } },
    where: { file: 'overrides/a.yml' },
    hint: /ordinary file/,
    code: 'override-invalid',
  },
  {
    name: 'an override that is not UTF-8',
    files: {
      '.env': good,
      'overrides/a.yml': bytes('services:\n  redis:\n    environment: { A: "', [0xff], '" }\n'),
    },
    where: { file: 'overrides/a.yml', line: 3 },
    hint: /UTF-8/,
    code: 'override-invalid',
  },
  {
    name: 'an override of nothing but brackets',
    files: { '.env': good, 'overrides/a.yml': '['.repeat(100_000) },
    where: { file: 'overrides/a.yml', line: 1 },
    hint: /plain YAML/,
    code: 'override-invalid',
  },
  {
    name: 'a service whose aliases stand for more than any memory holds',
    files: {
      '.env': good,
      'services/one.yml': `x: &x [a, a, a, a, a, a, a, a, a, a]\ny: &y [${'*x, '.repeat(50)}]\nz: [${'*y, '.repeat(50)}]\n`,
    },
    where: { file: 'services/one.yml', line: 1 },
    hint: /alias/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service in a file with the longer ending',
    files: { '.env': good, 'services/one.yaml': serviceText('one', {}, { privileged: true }) },
    where: { file: 'services/one.yaml', line: 4, key: 'privileged' },
    hint: /exceptions/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service in two files',
    files: {
      '.env': good,
      'services/one.yaml': serviceText('one'),
      'services/one.yml': serviceText('one'),
    },
    where: { file: 'services/one.yml' },
    hint: /Keep one/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service behind a link, with a flaw',
    files: {
      '.env': good,
      'elsewhere.txt': serviceText('one', {}, { privileged: true }),
      'services/one.yml': { link: '../elsewhere.txt' },
    },
    where: { file: 'services/one.yml', line: 4, key: 'privileged' },
    hint: /exceptions/,
    code: 'manifest-invalid',
  },
  {
    name: 'a service that is a link to nothing',
    files: { '.env': good, 'services/one.yml': { link: 'nowhere' } },
    where: { file: 'services/one.yml' },
    hint: /Restore the file/,
    code: 'manifest-invalid',
  },
  {
    name: 'templates behind a link',
    files: { '.env': good, 'services/one': { link: '/etc' } },
    where: { file: 'services/one' },
    hint: /folder itself/,
    code: 'manifest-invalid',
  },
  {
    name: 'a route that would be a rule for every host',
    files: {
      '.env': good,
      'services/one.yml': serviceText('one', {
        routes: [
          {
            name: 'web',
            host: 'one',
            port: 1,
            path: '/`) || PathPrefix(`/',
            auth: { none: 'It is open.' },
          },
        ],
      }),
    },
    where: { file: 'services/one.yml', key: 'x-jacker.routes.0.path', line: 17 },
    hint: /Correct it/,
    code: 'manifest-invalid',
  },
  {
    name: 'a template that does not exist',
    files: {
      '.env': `${good}SERVICES_ENABLED=one\n`,
      'services/one.yml': serviceText('one', {
        config: [{ template: 'a.hbs', target: '/a', format: 'text' }],
      }),
    },
    where: { file: 'services/one.yml', key: 'x-jacker.config.0.template', line: 14 },
    hint: /Create the file/,
    code: 'template-invalid',
  },
  {
    name: 'a template with a name that nobody knows',
    files: {
      '.env': `${good}SERVICES_ENABLED=one\n`,
      'services/one/a.hbs': 'one\n{{nothing}}\n',
      'services/one.yml': serviceText('one', {
        config: [{ template: 'a.hbs', target: '/a', format: 'text' }],
      }),
    },
    where: { file: 'services/one/a.hbs', line: 2 },
    hint: /Templates may write/,
    code: 'template-invalid',
  },
  {
    name: 'a pipe for the digests of images',
    files: { '.env': good, '.jacker': { folder: true }, 'images.lock': { pipe: true } },
    where: { file: 'images.lock' },
    hint: /ordinary file/,
    code: 'project-invalid',
  },
  {
    name: 'records behind a link to nothing',
    files: { '.env': good, '.jacker': { link: 'nowhere' } },
    where: { file: '.jacker' },
    hint: /Put the folder itself there/,
    code: 'project-invalid',
  },
  {
    name: 'records behind a link to somewhere else',
    files: { '.env': good, '.jacker': { link: '/srv' } },
    where: { file: '.jacker' },
    hint: /Put the folder itself there/,
    code: 'project-invalid',
  },
  {
    name: 'secrets behind a link to somewhere else',
    files: { '.env': good, '.jacker': { folder: true }, secrets: { link: '/srv' } },
    where: { file: 'secrets' },
    hint: /Put the folder itself there/,
    code: 'project-invalid',
  },
  ...(
    [
      ['that is empty', '', /generate --force/],
      ['with a line end', 'R2x9k7Qm4Wp8Zt6Bv3Nc\n', /tr -d/],
      ['of two lines', 'R2x9k7Qm4W\np8Zt6Bv3Nc', /generate --force/],
      ['out of a manual', 'changeme', /generate --force/],
      ['that is not UTF-8', bytes([0xff, 0xfe, 0xc3, 0x28]), /Write it anew/],
    ] as const
  ).map(([name, content, hint]): BadInput => ({
    name: `a password ${name}`,
    files: {
      '.env': good,
      '.jacker': { folder: true },
      'secrets/redis-admin': content,
    },
    where: { file: 'secrets/redis-admin' },
    hint,
    code: 'secret-invalid',
  })),
];

describe.each(commands)('jacker %s', (command) => {
  const argv = command.split(' ');

  // An empty folder is what `init` is for.
  const refused = badInputs.filter(
    ({ code }) => command !== commands[3] || code !== 'project-missing',
  );

  it.each(refused)(
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

describe.each(['up --yes', 'init --no-input'])('jacker %s', (command) => {
  it('waits for no pipe in the place of its lock, and can be stopped', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': good, '.jacker/lock': { pipe: true } });
    const ended = await run(directory, [...command.split(' '), '--json']);
    expect(errorOf(ended)).toMatchObject({
      code: 'project-invalid',
      exitCode: 2,
      problems: [{ where: { file: join(directory, '.jacker/lock') } }],
    });
    expect(await readdir(directory)).not.toContain('docker-compose.yml');
  });
});

describe('jacker plan', () => {
  it('before the secrets are made names them, and makes nothing', async () => {
    const directory = await temporaryFolder();
    await fill(directory, { '.env': `${good}PRESET=minimal\n` });
    const before = await snapshot(directory);
    const ended = await run(directory, ['plan', '--json']);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const { secrets } = JSON.parse(ended.stdout) as { secrets: string[] };
    expect(secrets).toContain('admin-password');
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
