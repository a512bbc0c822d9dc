import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditReport } from '../../src/audit/report-schema.ts';
import { inFolder, jacker } from './binary.ts';

const weak = 'services:\n  web:\n    image: nginx\n    privileged: true\n';
const plain = 'services:\n  web:\n    image: nginx:1.27\n';

/** A folder with the given files in it. */
function withFiles(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await use(folder);
  });
}

async function report(folder: string, ...args: string[]): Promise<AuditReport> {
  const { stdout } = await jacker(folder, ['audit', '--json', ...args]);
  return JSON.parse(stdout) as AuditReport;
}

const found = (audited: AuditReport, control: string) =>
  audited.stacks.flatMap(({ findings }) => findings.filter((one) => one.control === control));

describe('what is audited', () => {
  it('is the Compose file of the folder where there is no project', () =>
    withFiles({ 'compose.yml': plain }, async (folder) => {
      expect((await report(folder)).stacks.map(({ name }) => name)).toEqual(['compose.yml']);
    }));

  it('is the project where there is one, as it would be rendered', () =>
    withFiles({}, async (folder) => {
      expect((await jacker(folder, ['init', '--no-input'])).exitCode).toBe(0);
      const { exitCode, stdout } = await jacker(folder, ['audit', '--json']);
      expect(exitCode).toBe(0);
      const { stacks } = JSON.parse(stdout) as AuditReport;
      expect(stacks).toHaveLength(1);
      expect(stacks[0]?.services).toBeGreaterThanOrEqual(5);
      expect(stacks[0]?.files.map(({ path }) => path)).toContain('compose/traefik.yml');
    }));

  it('is each named file by itself, or all of them as one stack', () =>
    withFiles(
      { 'a.yml': plain, 'b.yml': 'services:\n  web:\n    privileged: true\n' },
      async (folder) => {
        expect((await report(folder, 'a.yml', 'b.yml')).stacks).toHaveLength(2);
        const merged = await report(folder, '--merge', 'a.yml', 'b.yml');
        expect(merged.stacks).toHaveLength(1);
        expect(found(merged, 'HIGH-001')[0]?.position).toMatchObject({ file: 'b.yml', line: 3 });
      },
    ));

  it('is every Compose file below a folder, overrides with their own, links not followed', () =>
    withFiles(
      {
        'app/compose.yml': plain,
        'app/compose.override.yml': 'services:\n  web:\n    privileged: true\n',
        'app/deep/er/docker-compose.prod.yaml': plain,
        'app/node_modules/x/compose.yml': weak,
        'app/notes.yml': 'a: 1\n',
      },
      async (folder) => {
        await symlink('.', join(folder, 'app/loop'));
        const over = await report(folder, 'app/compose.override.yml', 'app/compose.yml');
        expect(over.stacks.map(({ name }) => name)).toEqual(['app/compose.yml']);
        const audited = await report(folder, 'app');
        expect(audited.stacks.map(({ name }) => name)).toEqual([
          'app/compose.yml',
          'app/deep/er/docker-compose.prod.yaml',
        ]);
        expect(found(audited, 'HIGH-001').map(({ position }) => position.file)).toEqual([
          'app/compose.override.yml',
        ]);
      },
    ));

  it('follows include, extends, env files and profiles', () =>
    withFiles(
      {
        'compose.yml': `include: [part.yml]
services:
  web:
    extends: { file: base.yml, service: base }
    image: nginx:\${TAG}
  debug:
    image: busybox:1
    privileged: true
    profiles: [debug]
`,
        'part.yml': 'services:\n  db:\n    image: postgres:17\n    privileged: true\n',
        'base.yml': 'services:\n  base:\n    pid: host\n',
        '.env': 'TAG=1.27\n',
      },
      async (folder) => {
        const all = await report(folder, 'compose.yml');
        expect(all.stacks[0]?.gaps).toEqual([]);
        const privileged = found(all, 'HIGH-001').map(({ subject }) => subject);
        expect(privileged.sort()).toEqual(['db', 'debug']);
        const host = all.stacks[0]?.findings.find(
          ({ subject, path }) => subject === 'web' && path.includes('pid'),
        );
        expect(host?.position).toMatchObject({ file: 'base.yml', line: 3 });
        const some = await report(folder, 'compose.yml', '--profile', 'other');
        expect(found(some, 'HIGH-001').map(({ subject }) => subject)).toEqual(['db']);
      },
    ));

  it('says what it could not follow, which is never a pass', () =>
    withFiles(
      { 'compose.yml': 'include: [gone.yml]\nservices:\n  web:\n    image: nginx:${TAG}\n' },
      async (folder) => {
        const { stacks } = await report(folder, 'compose.yml');
        expect(stacks[0]?.gaps).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ kind: 'unresolved', file: 'compose.yml', line: 1 }),
            expect.objectContaining({ kind: 'variable', file: 'compose.yml', line: 4 }),
          ]),
        );
        expect(stacks[0]?.score.coverage).toBeLessThan(1);
        expect((await jacker(folder, ['audit', 'compose.yml'])).stdout).toContain(
          'compose.yml:1:11: not examined:',
        );
      },
    ));

  it.each([
    [['audit'], 'nothing to audit here'],
    [['audit', 'gone.yml'], 'gone.yml'],
    [['audit', 'empty'], 'holds no Compose file'],
    [['audit', 'compose.yml', '--control', 'MED-01'], 'Did you mean MED-001'],
    [['audit', 'compose.yml', '--min-score', 'high'], 'a number from 0 to 100'],
    [['audit', 'compose.yml', '--max-drop', '3'], '--baseline FILE'],
    [['audit', 'compose.yml', '--baseline', 'gone.json'], 'gone.json'],
    [['audit', 'compose.yml', '--baseline', 'compose.yml'], 'compose.yml'],
    [['audit', 'compose.yml', '--waivers', 'gone.yml'], 'gone.yml'],
    [['audit', 'compose.yml', '--evidence', 'gone.json'], 'about the project here'],
    [['audit', 'compose.yml', '--format', 'pdf'], 'table, json, sarif, junit, html, github'],
  ])('%j is a wrong question, and says what to do', (args, text) =>
    withFiles({ 'other/compose.yml': plain, 'empty/readme.txt': '' }, async (folder) => {
      if (args.includes('compose.yml')) await writeFile(join(folder, 'compose.yml'), plain);
      const run = await jacker(folder, args);
      expect(run.exitCode).toBe(2);
      expect(run.stdout + run.stderr).toContain(text);
    }),
  );
});

describe('how an audit ends', () => {
  it.each([
    [['compose.yml'], 4],
    [['compose.yml', '--fail-on', 'never'], 0],
    [['compose.yml', '--fail-on', 'never', '--min-score', '60'], 4],
    [['compose.yml', '--fail-on', 'never', '--min-score', '10'], 0],
    [['compose.yml', '--control', 'J-NNP-01'], 0],
    [['compose.yml', '--control', 'J-NNP-01', '--fail-on', 'medium'], 4],
    [['compose.yml', '--control', 'J-NNP-01,HIGH-001'], 4],
  ])('%j ends with %i', (args, code) =>
    withFiles({ 'compose.yml': weak }, async (folder) => {
      const run = await jacker(folder, ['audit', ...args]);
      expect(run.exitCode).toBe(code);
      expect(run.stderr).toBe('');
    }),
  );

  it('prints nothing of a report where a later file of waivers is broken', () =>
    withFiles(
      { 'a/compose.yml': weak, 'b/compose.yml': weak, 'b/.jacker-waivers.yml': 'waivers: 5\n' },
      async (folder) => {
        const run = await jacker(folder, ['audit', '--json', '.']);
        expect([run.exitCode, run.stdout]).toEqual([2, '']);
        expect(run.stderr).toContain('b/.jacker-waivers.yml');
      },
    ));
});

describe('what is known already', () => {
  it('is not new, wherever its line is now; what is added is', () =>
    withFiles({ 'compose.yml': weak }, async (folder) => {
      await jacker(folder, ['audit', 'compose.yml', '--json', '-o', 'baseline.json']);
      await writeFile(join(folder, 'compose.yml'), `# a comment\n\n${weak}`);
      const args = ['audit', 'compose.yml', '--baseline', 'baseline.json'];
      const same = await jacker(folder, args);
      expect(same.exitCode).toBe(0);
      expect(same.stdout).not.toContain('HIGH-001');
      expect((await jacker(folder, [...args, '--all'])).stdout).toContain('[in the baseline]');
      await writeFile(join(folder, 'compose.yml'), `${weak}    pid: host\n`);
      const worse = await jacker(folder, args);
      expect(worse.exitCode).toBe(4);
      expect(worse.stdout).toContain('compose.yml:5:5: high J-NS-02');
      const drop = [...args, '--fail-on', 'never', '--max-drop'];
      expect((await jacker(folder, [...drop, '100'])).exitCode).toBe(0);
    }));

  it('lets a score fall by so much and no more', () =>
    withFiles({ 'compose.yml': plain }, async (folder) => {
      await jacker(folder, ['audit', 'compose.yml', '--json', '-o', 'baseline.json']);
      await writeFile(join(folder, 'compose.yml'), weak);
      const args = ['audit', 'compose.yml', '--baseline', 'baseline.json', '--fail-on', 'never'];
      expect((await jacker(folder, [...args, '--max-drop', '1'])).exitCode).toBe(4);
      expect((await jacker(folder, [...args, '--max-drop', '90'])).exitCode).toBe(0);
    }));

  it('is waived beside the line or in a file, until a day; after it that is a finding', () =>
    withFiles(
      {
        'compose.yml': `services:\n  web:\n    image: nginx\n    # jacker-ignore HIGH-001 measured until=2999-01-01\n    privileged: true\n`,
      },
      async (folder) => {
        const only = ['audit', 'compose.yml', '--control', 'HIGH-001,J-WVR-01'];
        expect((await jacker(folder, only)).exitCode).toBe(0);
        expect((await jacker(folder, [...only, '-a'])).stdout).toContain(
          '[waived until 2999-01-01: measured]',
        );
        await writeFile(join(folder, 'compose.yml'), weak);
        const waivers = (until: string): string =>
          `waivers:\n  - control: HIGH-001\n    subject: web\n    reason: measured\n    until: ${until}\n`;
        await writeFile(join(folder, '.jacker-waivers.yml'), waivers('2999-01-01'));
        expect((await jacker(folder, only)).exitCode).toBe(0);
        await writeFile(join(folder, '.jacker-waivers.yml'), waivers('2020-01-01'));
        const expired = await jacker(folder, only);
        expect(expired.exitCode).toBe(4);
        expect(expired.stdout).toContain('J-WVR-01');
        expect(expired.stdout).toContain('.jacker-waivers.yml:2:');
      },
    ));
});

describe('a report', () => {
  it('as JSON follows its published schema, and its score can be computed again', () =>
    withFiles({ 'compose.yml': weak }, async (folder) => {
      await jacker(folder, ['audit', 'compose.yml', '--json', '-o', 'report.json']);
      const text = await readFile(join(folder, 'report.json'), 'utf8');
      const schema = JSON.parse(
        await readFile(join(import.meta.dirname, '../../schemas/audit-report.schema.json'), 'utf8'),
      ) as object;
      const ajv = new Ajv2020({ strict: false, validateFormats: false });
      const valid = ajv.compile(schema);
      expect(valid(JSON.parse(text)), JSON.stringify(valid.errors)).toBe(true);
      const again = await jacker(folder, ['score', '--from', 'report.json']);
      expect(again.exitCode).toBe(0);
      const changed = text.replace(
        /"score":\{"version":(\d+),"score":[\d.]+/,
        '"score":{"version":$1,"score":99',
      );
      expect(changed).not.toBe(text);
      await writeFile(join(folder, 'report.json'), changed);
      const wrong = await jacker(folder, ['score', '--from', 'report.json']);
      expect(wrong.exitCode).toBe(1);
      expect(wrong.stderr).toContain('says 99');
    }));

  it.each(['table', 'json', 'sarif', 'junit', 'html', 'github'])(
    'as %s goes to a file, and nothing to the terminal',
    (format) =>
      withFiles({ 'compose.yml': weak }, async (folder) => {
        const args = ['audit', 'compose.yml', '--format', format];
        const shown = await jacker(folder, args);
        const kept = await jacker(folder, [...args, '-o', 'out/report']);
        expect(kept.exitCode).toBe(2);
        expect(kept.stderr).toContain('its folder does not exist');
        const run = await jacker(folder, [...args, '-o', 'report']);
        expect([run.exitCode, run.stdout, run.stderr]).toEqual([4, '', '']);
        const text = await readFile(join(folder, 'report'), 'utf8');
        const timeless = (one: string): string => one.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
        expect(timeless(text.trimEnd())).toBe(timeless(shown.stdout.trimEnd()));
      }),
  );

  it('shows the line, what was seen, and what to do', () =>
    withFiles({ 'compose.yml': weak }, async (folder) => {
      const { stdout } = await jacker(folder, ['audit', 'compose.yml']);
      expect(stdout).toContain('compose.yml:4:5: critical HIGH-001 web: ');
      expect(stdout).toContain('  4 |     privileged: true\n    |     ^^^^^^^^^^\n');
      expect(stdout).toContain('\n  1 service, ');
    }));

  it('explains a control', async () => {
    await withFiles({}, async (folder) => {
      const { exitCode, stdout } = await jacker(folder, ['audit', '--explain', 'MED-001']);
      expect(exitCode).toBe(0);
      for (const part of ['MED-001', 'Cannot see', 'CIS']) expect(stdout).toContain(part);
      const json = await jacker(folder, ['audit', '--explain', 'MED-001', '--json']);
      expect(JSON.parse(json.stdout)).toMatchObject({ id: 'MED-001', severity: 'medium' });
      expect((await jacker(folder, ['audit', '--explain', 'MED-1'])).exitCode).toBe(2);
    });
  });
});
