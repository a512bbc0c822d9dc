import { execa } from 'execa';
import {
  appendFile,
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snapshot } from '../bad-input/folder.ts';
import { serviceText } from '../catalog/manifests.ts';
import { binary, inFolder, jacker } from './binary.ts';

const commands = [
  'init',
  'plan',
  'up',
  'down',
  'restart',
  'status',
  'logs',
  'exec',
  'doctor',
  'verify',
  'secrets',
  'services',
  'config',
  'certs',
  'completion',
];

describe('help and version', () => {
  it('lists every command on stdout and ends with 0', () =>
    inFolder(async (folder) => {
      const { exitCode, stdout, stderr } = await jacker(folder, ['--help']);
      expect(exitCode).toBe(0);
      expect(stderr).toBe('');
      for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
      expect(stdout).not.toContain('__complete');
    }));

  it.each(commands)('explains %s', (command) =>
    inFolder(async (folder) => {
      const { exitCode, stdout } = await jacker(folder, [command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`jacker ${command}`);
    }),
  );

  it('prints the version of the package', () =>
    inFolder(async (folder) => {
      const manifest = JSON.parse(
        await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'),
      ) as { version: string };
      for (const flag of ['--version', '-V']) {
        expect(await jacker(folder, [flag])).toEqual({
          exitCode: 0,
          stdout: manifest.version,
          stderr: '',
        });
      }
      expect((await jacker(folder, ['-q', '--version'])).stdout).toBe(manifest.version);
    }));

  it('says one clear sentence on a Node that is too old', () =>
    inFolder(async (folder) => {
      const hook = join(folder, 'old.cjs');
      await writeFile(
        hook,
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`,
      );
      const result = await jacker(folder, ['plan'], { env: { NODE_OPTIONS: `--require=${hook}` } });
      expect(result.exitCode).toBe(2);
      expect(result.stdout).toBe('');
      expect(result.stderr).toMatch(/^Jacker needs Node\.js 22\.12 or newer; this is 18\.20\.8/);
      expect(result.stderr.split('\n')).toHaveLength(1);
    }));
});

describe('wrong use', () => {
  it.each([
    [['statsu'], /Did you mean status\?/],
    [['plan', '--chekc'], /--check/],
    [['config', 'get', 'DOMIAN'], /DOMAIN/],
    [['completion', 'tcsh'], /bash/],
    [['logs', '--tail', 'many'], /number/],
    [['logs', '--follow', '--json'], /--follow/],
    [['--color', 'sometimes', 'plan'], /auto/],
  ])('%j ends with 2 and says what was meant', (args, meant) =>
    inFolder(async (folder) => {
      await writeFile(join(folder, '.env'), '');
      const { exitCode, stdout, stderr } = await jacker(folder, args);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(meant);
    }),
  );

  it('without a project names jacker init', () =>
    inFolder(async (folder) => {
      for (const command of ['plan', 'up', 'status', 'verify']) {
        const { exitCode, stderr } = await jacker(folder, [command]);
        expect(exitCode).toBe(2);
        expect(stderr).toContain('jacker init');
      }
    }));

  it('gives the error as one JSON document on stderr with --json', () =>
    inFolder(async (folder) => {
      const { exitCode, stdout, stderr } = await jacker(folder, ['plan', '--json']);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(JSON.parse(stderr)).toMatchObject({
        error: {
          code: 'project-missing',
          exitCode: 2,
          problems: [{ hint: expect.stringContaining('jacker init') as string }],
        },
      });
    }));
});

describe('a project without an engine', () => {
  const setUp = async (folder: string): Promise<void> => {
    const made = await jacker(folder, ['init', '--no-input', '--https-port', '9443']);
    expect(made.stderr).toMatch(/secrets\/admin-password/);
    expect(made.exitCode).toBe(0);
  };

  it('init writes the whole folder, twice without a change, and plan then knows the files', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const password = await readFile(join(folder, 'secrets/admin-password'), 'utf8');
      const again = await jacker(folder, ['init', '--no-input', '--json']);
      expect(JSON.parse(again.stdout)).toMatchObject({
        created: [],
        changed: [],
        secretsCreated: [],
      });
      expect(await readFile(join(folder, 'secrets/admin-password'), 'utf8')).toBe(password);
      expect(await readFile(join(folder, '.env'), 'utf8')).toMatch(/^HTTPS_PORT=9443$/m);
      const { stdout } = await jacker(folder, ['plan']);
      expect(stdout).toContain('+ service traefik');
      expect(stdout).not.toMatch(/^[+~-] (compose|config|secrets)\//m);
    }));

  it('finds the project with -C, before and after the command, and with --env-file', () =>
    inFolder(async (folder) => {
      const project = join(folder, 'project');
      await mkdir(project);
      await setUp(project);
      for (const args of [
        ['-C', 'project', 'config', 'get', 'HTTPS_PORT'],
        ['config', 'get', 'HTTPS_PORT', '-C', 'project'],
        ['config', 'get', 'HTTPS_PORT', '--env-file', 'project/.env'],
      ]) {
        expect(await jacker(folder, args)).toMatchObject({ exitCode: 0, stdout: '9443' });
      }
    }));

  it('config get --changed names what differs from its default, also where the file repeats one', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      await appendFile(join(folder, '.env'), 'HTTP_PORT=80\nTIMEZONE=Europe/Madrid\n');
      const { stdout } = await jacker(folder, ['config', 'get', '--changed']);
      expect(stdout.split('\n').sort()).toEqual(['HTTPS_PORT=9443', 'TIMEZONE=Europe/Madrid']);
    }));

  it('plan --check ends with 3 where something would change, and plan with 0', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      await jacker(folder, ['config', 'set', 'SIGN_IN_BANNER=Hello']);
      for (const command of [['diff'], ['up', '--dry-run']]) {
        const plan = await jacker(folder, command);
        expect(plan.stdout).toContain('+ service oauth');
        expect(plan.stdout).toMatch(/^~ compose\/oauth\.yml$/m);
        expect(plan.exitCode).toBe(0);
      }
      expect((await jacker(folder, ['diff', '--check'])).exitCode).toBe(3);
      expect((await jacker(folder, ['plan'])).exitCode).toBe(0);
      const json = JSON.parse((await jacker(folder, ['plan', '--json'])).stdout) as {
        hasChanges: boolean;
        version: number;
      };
      expect(json).toMatchObject({ version: 1, hasChanges: true });
    }));

  it('--dry-run changes nothing', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const before = await readFile(join(folder, '.env'), 'utf8');
      const set = await jacker(folder, ['config', 'set', 'DOMAIN=example.com', '--dry-run']);
      expect(set.exitCode).toBe(0);
      expect(set.stdout).toContain('Would change DOMAIN');
      expect(
        (await jacker(folder, ['services', 'disable', 'postgres', '--dry-run'])).exitCode,
      ).toBe(0);
      expect(await readFile(join(folder, '.env'), 'utf8')).toBe(before);
    }));

  it('up without an engine ends with 69 and one next command', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const { exitCode, stderr, stdout } = await jacker(folder, ['up'], {
        env: { DOCKER_HOST: `unix://${folder}/nothing.sock` },
      });
      expect(exitCode).toBe(69);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/nothing\.sock/);
    }));

  it('refuses an own service below the floor, in up before anything is touched and in validate', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const health = { test: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/'] };
      const environment = { PASSWORD: 'hunter2-hunter2' };
      const text = serviceText('app', { health }, { environment });
      await writeFile(join(folder, 'services/app.yml'), text);
      await jacker(folder, ['services', 'enable', 'app']);
      const before = await snapshot(folder);
      for (const command of [
        ['up', '--yes'],
        ['config', 'validate'],
      ]) {
        const { exitCode, stdout, stderr } = await jacker(folder, [...command, '--json']);
        expect(exitCode).toBe(2);
        expect(stdout).toBe('');
        expect(JSON.parse(stderr)).toMatchObject({
          error: {
            code: 'floor-violated',
            problems: [{ where: { file: 'services/app.yml' } }],
          },
        });
        expect(stderr).not.toContain('hunter2');
        expect(await snapshot(folder)).toEqual(before);
      }
      await writeFile(join(folder, 'services/app.yml'), serviceText('app', { health }));
      expect((await jacker(folder, ['config', 'validate'])).exitCode).toBe(0);
    }));

  it('never prints a secret into a pipe', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const password = await readFile(join(folder, 'secrets/admin-password'), 'utf8');
      const shown = await jacker(folder, ['secrets', 'show', 'admin-password']);
      expect(shown.exitCode).toBe(2);
      const all = await Promise.all(
        [
          ['secrets', 'list'],
          ['secrets', 'check'],
          ['plan', '--json'],
          ['config', 'get'],
          ['certs', 'show'],
        ].map((args) => jacker(folder, args)),
      );
      for (const run of [shown, ...all]) expect(run.stdout + run.stderr).not.toContain(password);
    }));

  it('secrets generate makes what is missing, --force one anew, and check finds a spoilt one', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      expect((await jacker(folder, ['secrets', 'check'])).exitCode).toBe(0);
      const file = join(folder, 'secrets/redis-oauth');
      const before = await readFile(file, 'utf8');
      expect((await jacker(folder, ['secrets', 'generate'])).stdout).toBe('No changes.');
      const forced = await jacker(folder, [
        'secrets',
        'generate',
        '--force',
        'redis-oauth',
        '--json',
      ]);
      expect(JSON.parse(forced.stdout)).toMatchObject({ renewed: ['redis-oauth'] });
      expect(await readFile(file, 'utf8')).not.toBe(before);
      await writeFile(file, 'changeme\n');
      const check = await jacker(folder, ['secrets', 'check']);
      expect(check.exitCode).toBe(4);
      expect(check.stdout).toContain('redis-oauth');
      expect(check.stdout).not.toContain('changeme');
    }));

  it('shows and renews certificates', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const show = async (): Promise<{ name: string; names: string[]; sha256: string }[]> =>
        JSON.parse((await jacker(folder, ['certs', 'show', '--json'])).stdout) as never;
      const before = await show();
      expect(before.find((row) => row.name === 'edge-certificate')?.names).toEqual([
        'jacker.localhost',
        '*.jacker.localhost',
      ]);
      expect((await jacker(folder, ['certs', 'renew'])).exitCode).toBe(0);
      const after = await show();
      expect(after[0]?.sha256).toBe(before[0]?.sha256);
      expect(after[1]?.sha256).not.toBe(before[1]?.sha256);
    }));

  it('switches services on and off, and says why one cannot be', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      expect((await jacker(folder, ['services', 'disable', 'postgres'])).exitCode).toBe(0);
      expect((await jacker(folder, ['services', 'list'])).stdout).toMatch(
        /postgres +no +SERVICES_DISABLED/,
      );
      const refused = await jacker(folder, ['services', 'disable', 'traefik']);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toContain('essential');
      expect((await jacker(folder, ['services', 'enable', 'postgrse'])).stderr).toContain(
        'postgres',
      );
    }));

  it('colours only where it is asked to', () =>
    inFolder(async (folder) => {
      const escape = String.fromCharCode(27);
      const plain = await jacker(folder, ['plan']);
      expect(plain.stderr).not.toContain(escape);
      expect((await jacker(folder, ['plan', '--color', 'always'])).stderr).toContain(escape);
      expect((await jacker(folder, ['plan'], { env: { FORCE_COLOR: '1' } })).stderr).toContain(
        escape,
      );
    }));

  it('does not complain where a reader closes the pipe early', () =>
    inFolder(async (folder) => {
      await setUp(folder);
      const result = await execa(
        'sh',
        ['-c', '"$0" "$1" config get | head -n 1', process.execPath, binary],
        { cwd: folder, reject: false },
      );
      expect(result.exitCode).toBe(0);
      expect(result.stderr).toBe('');
    }));
});

describe('init', () => {
  it('changes a linked .env where it is, and keeps its mode and the link', () =>
    inFolder(async (folder) => {
      const [project, target] = [join(folder, 'p'), join(folder, 'kept.env')];
      await mkdir(project);
      await writeFile(target, '# mine\n');
      await chmod(target, 0o640);
      if (process.getuid?.() === 0) await chown(target, 1234, 1235);
      const before = await stat(target);
      await symlink(target, join(project, '.env'));
      const made = await jacker(project, ['init', '--no-input', '--domain', 'a.test']);
      expect(made.exitCode).toBe(0);
      expect((await lstat(join(project, '.env'))).isSymbolicLink()).toBe(true);
      expect(await readFile(target, 'utf8')).toMatch(/^# mine\n(.*\n)*DOMAIN=a\.test\n/);
      const { mode, uid, gid } = await stat(target);
      expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
    }));

  it('refuses to replace an edit before it writes anything', () =>
    inFolder(async (folder) => {
      await jacker(folder, ['init', '--no-input']);
      await writeFile(join(folder, 'compose/redis.yml'), 'services: {}\n');
      await rm(join(folder, 'secrets/redis-oauth'));
      const before = await snapshot(folder);
      const { exitCode, stderr } = await jacker(folder, [
        'init',
        '--no-input',
        '--domain',
        'a.test',
      ]);
      expect(exitCode).toBe(5);
      expect(stderr).toContain('compose/redis.yml');
      expect(await snapshot(folder)).toEqual(before);
    }));

  it('leaves every secret to its readers, as do the commands that renew some', () =>
    inFolder(async (folder) => {
      await jacker(folder, ['init', '--no-input']);
      for (const command of [
        ['certs', 'renew'],
        ['secrets', 'generate', '--force', 'redis-oauth'],
        ['init', '--no-input', '--domain', 'a.test'],
      ]) {
        expect((await jacker(folder, command)).exitCode).toBe(0);
        const problems = await jacker(folder, ['secrets', 'check', '--json']);
        // Whoever is not root cannot give a file away; all else is in order for everybody.
        const wrong = (JSON.parse(problems.stdout) as { kind: string }[]).filter(
          ({ kind }) => process.getuid?.() === 0 || kind !== 'ownership',
        );
        expect(wrong, command.join(' ')).toEqual([]);
      }
    }));

  it('says beforehand which secrets it would make, and which have to come', () =>
    inFolder(async (folder) => {
      const would = await jacker(folder, ['init', '--no-input', '--dry-run', '--json']);
      const { secretsCreated } = JSON.parse(would.stdout) as { secretsCreated: string[] };
      expect(secretsCreated).toEqual(expect.arrayContaining(['admin-password', 'ca.key']));
      const made = await jacker(folder, ['init', '--no-input', '--json']);
      expect(JSON.parse(made.stdout)).toMatchObject({ secretsCreated });
    }));

  it('leaves a folder alone that holds another Compose project', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'docker-compose.yml'), 'services: {}\n');
      const { exitCode, stderr } = await jacker(folder, ['init', '--no-input']);
      expect(exitCode).toBe(5);
      expect(stderr).toContain('docker-compose.yml');
      expect(await readFile(join(folder, 'docker-compose.yml'), 'utf8')).toBe('services: {}\n');
    }));

  it('refuses an invalid answer before it writes anything', () =>
    inFolder(async (folder) => {
      const project = join(folder, 'p');
      const { exitCode, stderr } = await jacker(folder, [
        '-C',
        'p',
        'init',
        '--no-input',
        '--https-port',
        '70000',
      ]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('HTTPS_PORT');
      await expect(readFile(join(project, '.env'))).rejects.toThrow();
    }));

  it('says which secrets have to come from a person', () =>
    inFolder(async (folder) => {
      const { exitCode, stdout } = await jacker(folder, [
        'init',
        '--no-input',
        '--tls',
        'custom',
        '--domain',
        'example.com',
      ]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('secrets/custom-certificate');
    }));
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script that asks the program for %s', (shell) =>
    inFolder(async (folder) => {
      const { exitCode, stdout } = await jacker(folder, ['completion', shell]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('jacker __complete');
    }),
  );

  it('completes commands, flags, services and settings', () =>
    inFolder(async (folder) => {
      const words = async (...args: string[]): Promise<string[]> =>
        (await jacker(folder, ['__complete', '--', ...args])).stdout.split('\n');
      expect(await words('pl')).toEqual(['plan']);
      expect(await words('plan', '--ch')).toEqual(['--check']);
      expect(await words('services', 'enable', 'post')).toEqual(['postgres']);
      expect(await words('config', 'set', 'TLS_')).toEqual(['TLS_MODE', 'TLS_PROFILE']);
      // A service that exists once for each consumer cannot be turned on.
      expect(await words('services', 'enable', 's')).not.toContain('socket-proxy');
      // The value of an option, in both of its forms, before and after the command.
      expect(await words('plan', '--color', '')).toEqual(['always', 'auto', 'never']);
      expect(await words('--color', 'a')).toEqual(['always', 'auto']);
      expect(await words('plan', '--color=n')).toEqual(['--color=never']);
      expect(await words('verify', '--fail-on', 'h')).toEqual(['high']);
      // Where a value stands that is called as a command, it is a value still.
      expect(await words('-C', 'plan', 'ver')).toEqual(['verify']);
    }));

  it('completes the services and secrets of the project that the line names', () =>
    inFolder(async (folder) => {
      const project = join(folder, 'p');
      await mkdir(project);
      await writeFile(join(project, '.env'), 'PRESET=minimal\nSERVICES_ENABLED=app\n');
      await mkdir(join(project, 'services'));
      const needs = { docker: [{ method: 'GET', path: '/info', why: 'It shows it.' }] };
      await writeFile(join(project, 'services/app.yml'), serviceText('app', needs));
      const words = async (...args: string[]): Promise<string[]> =>
        (await jacker(folder, ['__complete', '--', ...args])).stdout.split('\n');
      for (const place of [['-C', 'p'], ['--project-dir=p'], ['--project-dir', 'p']]) {
        expect(await words(...place, 'exec', 'app')).toEqual(['app']);
        expect(await words('logs', ...place, 'socket')).toEqual(['socket-proxy-app']);
        expect(await words(...place, 'services', 'enable', 'socket')).toEqual(['']);
        expect(await words('secrets', 'generate', ...place, '--force', 'admin-p')).toEqual([
          'admin-password',
        ]);
        expect(await words(...place, 'secrets', 'show', 'redis-o')).toEqual(['redis-oauth']);
      }
      expect(await words('exec', 'app')).toEqual(['']);
    }));

  it('works in a real bash', () =>
    inFolder(async (folder) => {
      const { stdout } = await jacker(folder, ['completion', 'bash']);
      const script = `jacker() { "${process.execPath}" "${binary}" "$@"; }\n${stdout}\nCOMP_WORDS=(jacker serv) COMP_CWORD=1; _jacker; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const result = await execa('bash', ['-c', script], { cwd: folder });
      expect(result.stdout).toBe('services');
    }));
});
