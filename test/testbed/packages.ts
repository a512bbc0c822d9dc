import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasProgram, runCommand } from './command.ts';
import type { Paths } from './paths.ts';
import { step, type Log } from './steps.ts';

/** The release whose engine runs on the one before it, too. */
const engineSuite = 'trixie';
const enginePackages = [
  'docker.io',
  'docker-cli',
  'docker-compose',
  'docker-buildx',
  'containerd',
  'docker-registry',
];

/** Program that must be on the machine -> package that brings it. None of them starts a service. */
const hostPrograms: Record<string, string> = {
  iptables: 'iptables',
  // From the machine's own release: a newer one asks for a newer C library.
  runc: 'runc',
  debootstrap: 'debootstrap',
  'tini-static': 'tini',
};

const remedy = 'Check that the package sources of this machine can be reached, then run it again.';

/** Installs the few programs that have to come from this machine's own release. */
export async function installHostPrograms(log: Log): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(hostPrograms)) {
    if (!(await hasProgram(program))) missing.push(name);
  }
  if (missing.length === 0) return;
  await step(log, `install ${missing.join(', ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
    await runCommand(['apt-get', 'update'], remedy, { env });
    await runCommand(install, remedy, { env });
  });
}

/**
 * Downloads the engine's packages and unpacks them side by side, without installing them: the
 * machine's own packages, services and configuration stay as they are.
 */
export async function unpackEngine(paths: Paths, log: Log): Promise<void> {
  if (existsSync(paths.tools)) return;
  await step(log, `download and unpack the engine (${engineSuite})`, async () => {
    const options = await prepareApt(paths, engineSuite);
    const downloads = join(paths.apt, 'downloads');
    await rm(downloads, { recursive: true, force: true });
    await mkdir(downloads, { recursive: true });
    await runCommand(['apt-get', ...options, 'update'], remedy);
    await runCommand(['apt-get', ...options, 'download', ...enginePackages], remedy, {
      cwd: downloads,
    });
    const unpacked = `${paths.tools}.new`;
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(unpacked, { recursive: true });
    for (const file of await readdir(downloads)) {
      await runCommand(['dpkg-deb', '-x', join(downloads, file), unpacked], remedy);
    }
    await rename(unpacked, paths.tools);
    await rm(paths.apt, { recursive: true, force: true });
  });
}

/** Makes a root file system of the given release in `target`. */
export async function bootstrapSystem(
  suite: string,
  target: string,
  include: readonly string[],
): Promise<void> {
  const { uri } = await findArchive();
  // This machine's debootstrap may be older than the release: every Debian release so far is
  // made by the same script, which `sid` always has.
  await runCommand(
    [
      'debootstrap',
      '--variant=minbase',
      `--include=${include.join(',')}`,
      suite,
      target,
      uri,
      'sid',
    ],
    remedy,
  );
}

/** Options that make apt work on another release, in folders of its own. */
async function prepareApt(paths: Paths, suite: string): Promise<string[]> {
  const { uri, signedBy } = await findArchive();
  const lists = join(paths.apt, 'lists');
  const archives = join(paths.apt, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(archives, 'archives', 'partial'), { recursive: true });
  const sources = join(paths.apt, 'testbed.sources');
  await writeFile(
    sources,
    `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: ${signedBy}\n`,
  );
  return [
    `-oDir::Etc::sourcelist=${sources}`,
    '-oDir::Etc::sourceparts=-',
    `-oDir::State::Lists=${lists}`,
    `-oDir::Cache=${archives}`,
    '-oAPT::Sandbox::User=root',
  ];
}

/** The Debian archive that this machine itself installs from. */
async function findArchive(): Promise<{ uri: string; signedBy: string }> {
  const signedBy = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.sources'));
  const files = [...names.map((name) => join(folder, name)), '/etc/apt/sources.list'];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const uri = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(text)?.[1];
    if (uri !== undefined) return { uri, signedBy };
  }
  throw new Error(
    'testbed: no Debian archive in the package sources of this machine. ' +
      'A private engine can be brought up on Debian 12 or newer; elsewhere start Docker yourself.',
  );
}
