import { execa } from 'execa';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packPackage, root, type PackedPackage } from './packed.ts';

const weak = 'services:\n  web:\n    image: nginx:1.27\n    privileged: true\n';
const plain = 'services:\n  web:\n    image: nginx:1.27\n';
let packed: PackedPackage;
let path: string;

beforeAll(async () => {
  packed = await packPackage();
  // The runtime of this test, and the command as npm installs it.
  path = `${dirname(packed.binary)}:${dirname(process.execPath)}:/usr/bin:/bin`;
}, 120_000);
afterAll(() => packed.remove());

async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(packed.folder, `repository-${String(Math.random()).slice(2)}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe('the hook for pre-commit', () => {
  interface Hook {
    id: string;
    entry: string;
    language: string;
    files: string;
    types: string[];
  }

  it('is given the Compose files of a commit, and stops it where one is open', async () => {
    const text = await readFile(join(root, '.pre-commit-hooks.yaml'), 'utf8');
    const [hook] = parse(text) as Hook[];
    expect(hook).toMatchObject({ id: 'jacker-audit', language: 'system', types: ['yaml'] });
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    const published = `--package=jacker@${version}`;
    expect(hook?.entry.split(' ')).toContain(published);
    const files = {
      'compose.yml': plain,
      'app/docker-compose.prod.yaml': weak,
      'app/compose.override.yml': 'services: { web: { privileged: true } }\n',
      'compose/notes.yml': 'a: 1\n',
      'values.yaml': 'a: 1\n',
    };
    const folder = await repository(files);
    const given = Object.keys(files).filter((name) => new RegExp(hook?.files ?? '').test(name));
    expect(given).toEqual([
      'compose.yml',
      'app/docker-compose.prod.yaml',
      'app/compose.override.yml',
    ]);
    const entry = (hook?.entry ?? '').replace(published, `--package=${packed.archive}`);
    const [command = '', ...args] = entry.split(' ');
    const run = (names: readonly string[]) =>
      execa(command, [...args, ...names], {
        cwd: folder,
        env: { PATH: path, HOME: packed.folder, npm_config_offline: 'true' },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
    const stopped = await run(given);
    expect(stopped.exitCode).toBe(4);
    expect(stopped.stdout).toContain('app/docker-compose.prod.yaml:4:5: critical HIGH-001 web');
    expect((await run(['compose.yml'])).exitCode).toBe(0);
  });
});

describe('the action for GitHub', () => {
  interface Action {
    inputs: Record<string, { default: string }>;
    runs: { steps: { id?: string; run?: string; if?: string; uses?: string; env?: object }[] };
  }
  interface Outcome {
    exitCode: number;
    /** Of all steps. */
    stdout: string;
    stderr: string;
    outputs: Record<string, string>;
    uploads: boolean;
  }

  /** Runs the action's own steps as a runner does: each with its environment, in bash. */
  async function act(folder: string, given: Record<string, string>): Promise<Outcome> {
    const action = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action;
    const inputs: Record<string, string> = Object.fromEntries(
      Object.entries(action.inputs).map(([name, { default: value }]) => [name, value]),
    );
    Object.assign(inputs, { package: packed.archive }, given);
    const outputs: Record<string, string> = {};
    const known = (expression: string): string => {
      const [, input, output] =
        /^\$\{\{ (?:inputs\.([\w-]+)|steps\.audit\.outputs\.(\w+)) \}\}$/.exec(expression) ?? [];
      const value = input === undefined ? outputs[output ?? ''] : inputs[input];
      if (value === undefined) throw new Error(`${expression} has no value`);
      return value;
    };
    const output = join(folder, '.output');
    let uploads = false;
    let stdout = '';
    for (const step of action.runs.steps) {
      if (step.uses?.startsWith('github/codeql-action/upload-sarif@')) {
        expect(step.if).toBe("inputs.upload == 'true'");
        uploads = inputs['upload'] === 'true';
      }
      if (step.run === undefined) continue;
      await writeFile(output, '');
      const environment = Object.entries((step.env ?? {}) as Record<string, string>);
      const result = await execa(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run],
        {
          cwd: folder,
          env: {
            PATH: path,
            HOME: packed.folder,
            GITHUB_ACTION_PATH: root,
            GITHUB_OUTPUT: output,
            RUNNER_TEMP: packed.folder,
            npm_config_offline: 'true',
            ...Object.fromEntries(environment.map(([name, value]) => [name, known(value)])),
          },
          extendEnv: false,
          reject: false,
          stdin: 'ignore',
        },
      );
      stdout += result.stdout;
      for (const line of (await readFile(output, 'utf8')).split('\n').filter(Boolean)) {
        outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
      }
      if (result.exitCode !== 0 || step === action.runs.steps.at(-1)) {
        const { exitCode = -1, stderr } = result;
        return { exitCode, stdout, stderr, outputs, uploads };
      }
    }
    throw new Error('the action has no step that runs');
  }

  it('uploads a report, and then fails where something is open', async () => {
    const folder = await repository({ 'app one/compose.yml': weak, 'compose.yml': plain });
    const { exitCode, outputs, uploads } = await act(folder, {});
    expect([exitCode, uploads]).toEqual([4, true]);
    const sarif = JSON.parse(await readFile(outputs['sarif'] ?? '', 'utf8')) as {
      version: string;
      runs: { results: { ruleId: string; locations: unknown }[] }[];
    };
    expect(sarif.version).toBe('2.1.0');
    const found = sarif.runs[0]?.results.find(({ ruleId }) => ruleId === 'HIGH-001');
    expect(JSON.stringify(found?.locations)).toContain('"uri":"app%20one/compose.yml"');
  }, 120_000);

  it('passes where nothing is open, of the files that are named', async () => {
    const folder = await repository({ 'app one/compose.yml': plain, 'other/compose.yml': weak });
    const { exitCode, uploads } = await act(folder, { files: 'app one\n' });
    expect([exitCode, uploads]).toEqual([0, true]);
    expect((await act(folder, { files: 'app one', 'min-score': '99' })).exitCode).toBe(4);
    expect((await act(folder, { 'fail-on': 'never' })).exitCode).toBe(0);
  }, 120_000);

  it('fails at once, uploading nothing, where nothing could be examined', async () => {
    const { exitCode, stderr, uploads } = await act(await repository({ 'a.txt': '' }), {});
    expect([exitCode, uploads]).toEqual([2, false]);
    expect(stderr).toContain('holds no Compose file');
  }, 120_000);

  it('writes annotations where it may not upload', async () => {
    const folder = await repository({ 'compose.yml': weak });
    const { exitCode, stdout, uploads } = await act(folder, { upload: 'false' });
    expect(stdout).toContain('::error file=compose.yml,line=4,');
    expect([exitCode, uploads]).toEqual([4, false]);
  }, 120_000);
});

describe('the problem matcher for VS Code', () => {
  it('finds every finding of the table, in its file and line', async () => {
    const page = await readFile(join(root, 'docs/audit.md'), 'utf8');
    const json = /```json\n([^`]*"problemMatcher"[^`]*)```/.exec(page)?.[1] ?? '';
    const [task] = (
      JSON.parse(json) as {
        tasks: {
          command: string;
          args: string[];
          problemMatcher: { pattern: Record<string, number> & { regexp: string } };
        }[];
      }
    ).tasks;
    const pattern = task?.problemMatcher.pattern;
    const folder = await repository({ 'app/compose.yml': weak });
    const { stdout } = await execa(task?.command ?? '', task?.args ?? [], {
      cwd: folder,
      env: { PATH: path },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    const matched = stdout.split('\n').flatMap((line) => {
      const match = new RegExp(pattern?.regexp ?? '').exec(line);
      return match ? [match] : [];
    });
    const report = await execa('jacker', ['audit', '--json', 'app'], {
      cwd: folder,
      env: { PATH: path },
      extendEnv: false,
      reject: false,
    });
    const { stacks } = JSON.parse(report.stdout) as {
      stacks: { findings: { status: string; control: string; position: { line: number } }[] }[];
    };
    const open = stacks[0]?.findings.filter(({ status }) => status === 'fail') ?? [];
    const at = (match: RegExpExecArray, key: string): string => match[pattern?.[key] ?? 0] ?? '';
    expect(matched.map((match) => `${at(match, 'line')} ${at(match, 'code')}`).sort()).toEqual(
      open.map(({ control, position }) => `${String(position.line)} ${control}`).sort(),
    );
    expect(new Set(matched.map((match) => at(match, 'file')))).toEqual(
      new Set(['app/compose.yml']),
    );
    expect(matched.every((match) => at(match, 'message').length > 10)).toBe(true);
  });
});
