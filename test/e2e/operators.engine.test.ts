import { chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { createHttpClient } from './http-client.ts';
import { createTestProject, type Run, type TestProject } from './project.ts';
import { runningContainers, taskContainers } from './running.ts';

/** Accounts of the machine that this test makes, and takes away again. */
const member = `jackerop${String(process.pid)}`;
const outsider = `jackerno${String(process.pid)}`;

let testbed: Testbed;
let project: TestProject;

/** Options that run a command as a user with its groups, as a login would. */
async function asUser(name: string): Promise<{ launcher: string[]; uid: number; gid: number }> {
  const id = async (flag: string): Promise<string> => (await execa('id', [flag, name])).stdout;
  const [uid, gid, groups] = [await id('-u'), await id('-g'), await id('-G')];
  return {
    launcher: [
      'setpriv',
      ...['--reuid', uid, '--regid', gid, '--groups', groups.replaceAll(' ', ',')],
      '--inh-caps=-all',
      '--',
    ],
    uid: Number(uid),
    gid: Number(gid),
  };
}

/** Gives the whole folder to a user: it is theirs from the beginning. */
async function giveTo(user: { uid: number; gid: number }): Promise<void> {
  const names = await readdir(project.directory, { recursive: true });
  for (const name of ['.', ...names]) {
    await chown(join(project.directory, name), user.uid, user.gid);
  }
}

async function signIn(): Promise<boolean> {
  const client = await createHttpClient(project);
  await client.signIn(await project.read('secrets/admin-password'));
  return client.cookies.has('__Secure-jacker_session');
}

/** What is wrong with owner, group and mode of the secrets' files, by file. */
async function wrongOwnership(uid: number): Promise<string[]> {
  const folder = join(project.directory, 'secrets');
  const wrong: string[] = [];
  const groups = new Map<number, string>();
  const own = await stat(folder);
  if (own.uid !== uid || (own.mode & 0o777) !== 0o700) wrong.push('secrets');
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) continue;
    const facts = await stat(join(folder, name));
    const mode = (facts.mode & 0o777).toString(8);
    if (facts.uid !== uid) wrong.push(`${name}: owner ${String(facts.uid)}`);
    if (name === 'ca.crt' || name === 'ca.key') {
      if (mode !== (name === 'ca.crt' ? '444' : '400')) wrong.push(`${name}: mode ${mode}`);
      continue;
    }
    if (mode !== '440') wrong.push(`${name}: mode ${mode}`);
    const shared = groups.get(facts.gid);
    if (facts.gid < 40_000 || shared) wrong.push(`${name}: group ${String(facts.gid)}`);
    groups.set(facts.gid, name);
  }
  return wrong;
}

describe.runIf(process.getuid?.() === 0)('an operator', () => {
  beforeAll(async () => {
    testbed = await ensureTestbed();
    const { name } = testbed.socketGroup;
    await execa('useradd', ['--system', '--no-create-home', '--groups', name, member]);
    await execa('useradd', ['--system', '--no-create-home', outsider]);
  });
  afterAll(async () => {
    for (const name of [member, outsider]) await execa('userdel', [name], { reject: false });
  });
  afterEach(() => project.remove());

  it.each([['root'], [member]])('can do everything as %s', async (name) => {
    const user = await asUser(name);
    const { launcher } = user;
    // The root operator is every other test's, too: fewer services do here.
    project = await createTestProject(
      testbed,
      name === 'root' ? { settings: { PRESET: 'minimal' } } : { sample: true },
    );
    await giveTo(user);
    const succeed = (...args: string[]): Promise<Run> => project.succeed(args, { launcher });

    await succeed('init', '--no-input');
    await succeed('up');
    expect(await wrongOwnership(user.uid)).toEqual([]);
    expect(await signIn()).toBe(true);
    expect((await succeed('secrets', 'check')).stdout).toBe('Every secret is in order.');
    expect((await succeed('up')).stdout).toBe('No changes.');

    const before = await runningContainers(project);
    await succeed('secrets', 'generate', '--force', 'admin-password');
    await succeed('secrets', 'generate', '--force', 'redis-oauth');
    await succeed('up');
    expect(await wrongOwnership(user.uid)).toEqual([]);
    expect(await signIn()).toBe(true);
    const after = await runningContainers(project);
    expect(after.get('redis')?.id).not.toBe(before.get('redis')?.id);
    expect(after.get('postgres')?.id).toBe(before.get('postgres')?.id);
    expect((await succeed('up')).stdout).toBe('No changes.');

    const foreign: string[] = [];
    for (const path of await readdir(project.directory, { recursive: true })) {
      const { uid } = await stat(join(project.directory, path));
      if (uid !== user.uid) foreign.push(path);
    }
    expect(foreign).toEqual([]);
    expect(await taskContainers(project)).toEqual([]);
    await succeed('down', '--volumes', '--confirm', project.name);
    expect((await runningContainers(project)).size).toBe(0);
  });

  it('who may not use the engine is told so with 77, and nothing is made', async () => {
    const user = await asUser(outsider);
    project = await createTestProject(testbed, { settings: { PRESET: 'minimal' } });
    await giveTo(user);
    const { exitCode, stderr } = await project.run(['up'], { launcher: user.launcher });
    expect(exitCode).toBe(77);
    expect(stderr).toContain('usermod -aG docker');
    expect(await readdir(project.directory)).not.toContain('secrets');
  });
});
