import { execa } from 'execa';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { binary, inFolder } from './binary.ts';
import { hostileFolders } from './hostile-folders.ts';
import { hostileTexts } from './hostile-texts.ts';
import { services } from './large-texts.ts';

/** Written when the program ends: what it has cost, which no neighbour on the machine changes. */
const hook = `process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  require('node:fs').writeFileSync(process.env.COST, JSON.stringify({
    mib: maxRSS / 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 }));
});`;

interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
  mib: number;
  seconds: number;
}

/** Runs `jacker audit` in a folder of its own. One that hangs without work is ended: a failure. */
async function audit(
  make: (folder: string) => Promise<unknown>,
  args: readonly string[],
  user: { uid: number; gid: number } | null = null,
): Promise<Answer> {
  return inFolder(async (outer) => {
    const folder = join(outer, 'stack');
    await mkdir(folder);
    await make(folder);
    await writeFile(join(outer, 'hook.cjs'), hook);
    if (user) for (const path of [outer, folder]) await chmod(path, 0o777);
    const cost = join(outer, 'cost.json');
    const ended = await execa(process.execPath, [binary, 'audit', ...args], {
      cwd: folder,
      env: {
        PATH: '/usr/bin:/bin',
        COST: cost,
        NODE_OPTIONS: `--require=${join(outer, 'hook.cjs')}`,
      },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: 150_000,
      killSignal: 'SIGKILL',
      maxBuffer: 1e9,
      ...user,
    });
    expect(ended.timedOut, 'ended by itself').toBe(false);
    return {
      exitCode: ended.exitCode ?? -1,
      stdout: ended.stdout,
      stderr: ended.stderr,
      ...(JSON.parse(await readFile(cost, 'utf8')) as { mib: number; seconds: number }),
    };
  });
}

/** An answer is findings, gaps, or an error with its code; never a defect, and never nothing. */
function expectAnswer({ exitCode, stdout, stderr, mib, seconds }: Answer): void {
  expect([0, 2, 4], stderr.slice(0, 500)).toContain(exitCode);
  expect(stderr).not.toContain('[failed]');
  expect(stdout).not.toContain('cannot judge this document');
  if (exitCode === 2) expect(stdout + stderr).toMatch(/not examined|error \[[a-z-]+\]/);
  else expect(stdout).toMatch(/: score \d/);
  expect(mib).toBeLessThan(512);
  expect(seconds).toBeLessThan(10);
}

describe('an audit of what is made to break it', () => {
  it.each(Object.entries(hostileTexts))(
    'answers within its bounds for %s',
    async (_, text) => {
      const make = (folder: string) => writeFile(join(folder, 'compose.yml'), text());
      expectAnswer(await audit(make, ['compose.yml']));
    },
    200_000,
  );

  it.each(Object.entries(hostileFolders))(
    'answers within its bounds in a folder with %s',
    async (_, { make, args = ['compose.yml'] }) => {
      expectAnswer(await audit(make, args));
    },
    200_000,
  );

  it.each(['json', 'sarif', 'junit', 'html', 'github'])(
    'writes ten thousand bad services as %s within its bounds',
    async (format) => {
      const text = hostileTexts['ten thousand services with thirty keys']?.() ?? '';
      const make = (folder: string) => writeFile(join(folder, 'compose.yml'), text);
      const answer = await audit(make, ['compose.yml', '--format', format]);
      expect(answer.exitCode).toBe(4);
      expect(answer.mib).toBeLessThan(512);
      expect(answer.seconds).toBeLessThan(12);
    },
    200_000,
  );

  it('lists so many findings of each control, counts all of them, and says so', async () => {
    const text = services(3000, () => ', privileged: true');
    const { stdout } = await audit(
      (folder) => writeFile(join(folder, 'compose.yml'), text),
      [...['compose.yml', '--json', '--control', 'HIGH-001']],
    );
    const { stacks } = JSON.parse(stdout) as {
      stacks: { findings: unknown[]; controls: { fail: number }[]; gaps: { what: string }[] }[];
    };
    expect(stacks[0]?.findings).toHaveLength(2000);
    expect(stacks[0]?.controls[0]?.fail).toBe(3000);
    expect(stacks[0]?.gaps.map(({ what }) => what)).toEqual([
      '1000 more findings of HIGH-001 are counted, but not listed',
    ]);
  });

  it('reads a byte order mark as Compose does: as nothing', async () => {
    const text = '\ufeffservices: { a: { image: x, privileged: true } }\n';
    const answer = await audit(
      (folder) => writeFile(join(folder, 'compose.yml'), text),
      ['compose.yml'],
    );
    expect(answer.exitCode).toBe(4);
    expect(answer.stdout).toContain('HIGH-001 a:');
  });

  it('names the file that it may not read', async () => {
    // Root may read everything: then somebody else is asked.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
    const make = async (folder: string): Promise<void> => {
      await writeFile(join(folder, 'compose.yml'), 'services: {}\n');
      await chmod(join(folder, 'compose.yml'), user ? 0o600 : 0);
    };
    const answer = await audit(make, ['compose.yml'], user);
    expect(answer.exitCode).toBe(2);
    expect(answer.stdout).toMatch(/^compose\.yml:1:1: not examined: cannot be read/m);
  });
});
