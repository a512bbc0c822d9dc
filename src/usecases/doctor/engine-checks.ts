import { minimumComposeVersion } from '../../docker/compose.ts';
import type { Endpoint } from '../../docker/endpoint.ts';
import type { EngineVersion } from '../../docker/facts.ts';
import { isAtLeast } from '../../docker/version.ts';
import { JackerError } from '../../error.ts';
import { elsewhere, fail, ok, unreached, warn, type Check } from './check.ts';
import type { DoctorInput, EngineFacts } from './facts.ts';

/** Since 25 health checks have `start_interval`, which every rendered service uses (moby/moby#40894). */
const minimumEngineVersion = '25.0.0';
/** Since then Compose reports its progress as JSON. */
const recommendedComposeVersion = '2.29.0';

/** Address, safety of the connection, and version of an engine that answered. */
export function connectionChecks(engine: EngineFacts): Check[] {
  return [reached(engine), transport(engine.endpoint), versionCheck(engine.version)];
}

/** The Compose plugin. */
export async function composeChecks({ composeVersion }: DoctorInput): Promise<Check[]> {
  const [id, title] = ['compose', 'Docker Compose'] as const;
  try {
    const version = await composeVersion();
    return [
      isAtLeast(version, recommendedComposeVersion)
        ? ok(id, title, version)
        : warn(
            id,
            title,
            `${version} works (${minimumComposeVersion} is the minimum)`,
            `Update it to ${recommendedComposeVersion} or newer for exact progress and messages.`,
          ),
    ];
  } catch (error) {
    if (!(error instanceof JackerError)) throw error;
    const [problem] = error.problems;
    const advice = problem?.hint ?? 'Install the package docker-compose-plugin.';
    return [fail(id, title, problem?.what ?? error.message, advice)];
  }
}

/** What the engine and its kernel offer for isolation, and how it stores images. */
export function engineChecks(engine: EngineFacts | null): Check[] {
  const titles = {
    rootless: 'Rootless engine',
    cgroup: 'Control groups',
    seccomp: 'Seccomp',
    'mandatory-access-control': 'AppArmor or SELinux',
    userns: 'User namespace remapping',
    'storage-driver': 'Storage driver',
    'live-restore': 'Live restore',
  };
  if (!engine) return Object.entries(titles).map(([id, title]) => unreached(id, title));
  const { info } = engine;
  const rootless = info.security.includes('rootless');
  const lsm = ['apparmor', 'selinux'].filter((name) => info.security.includes(name));
  const daemon = 'in /etc/docker/daemon.json and restart the engine.';
  return [
    ok('rootless', titles.rootless, rootless ? 'yes' : 'no: the engine runs as root'),
    info.cgroupVersion === '2'
      ? ok('cgroup', titles.cgroup, `version 2, driver ${info.cgroupDriver}`)
      : warn(
          'cgroup',
          titles.cgroup,
          `version ${info.cgroupVersion}, driver ${info.cgroupDriver}`,
          'Boot with the kernel parameter systemd.unified_cgroup_hierarchy=1.',
        ),
    info.seccompProfile === null || info.seccompProfile === 'unconfined'
      ? fail(
          'seccomp',
          titles.seccomp,
          'off: containers may make every system call',
          `Use a kernel with seccomp, and remove "seccomp-profile" ${daemon}`,
        )
      : ok('seccomp', titles.seccomp, `profile ${info.seccompProfile}`),
    lsm.length > 0
      ? ok('mandatory-access-control', titles['mandatory-access-control'], lsm.join(', '))
      : warn(
          'mandatory-access-control',
          titles['mandatory-access-control'],
          'neither is in use',
          'Install AppArmor (package apparmor) or SELinux, and restart the engine.',
        ),
    info.security.includes('userns')
      ? warn(
          'userns',
          titles.userns,
          'on: ids in containers differ from those of files on the host',
          `Secret files are shared by group id: remove "userns-remap" ${daemon}`,
        )
      : ok('userns', titles.userns, rootless ? 'by the rootless engine' : 'off'),
    ['overlay2', 'overlayfs', 'fuse-overlayfs', 'btrfs', 'zfs'].includes(info.storageDriver)
      ? ok('storage-driver', titles['storage-driver'], info.storageDriver)
      : warn(
          'storage-driver',
          titles['storage-driver'],
          info.storageDriver,
          `Set "storage-driver": "overlay2" ${daemon}`,
        ),
    info.liveRestore
      ? ok('live-restore', titles['live-restore'], 'on')
      : warn(
          'live-restore',
          titles['live-restore'],
          'off: an update of the engine stops every container',
          `Set "live-restore": true ${daemon}`,
        ),
  ];
}

/** The part of the engine's configuration that only its file tells. */
export async function daemonChecks(
  { world }: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const [id, title] = ['userland-proxy', 'Userland proxy'] as const;
  if (!engine) return [unreached(id, title)];
  if (!local) return [elsewhere(id, title)];
  const file = '/etc/docker/daemon.json';
  const text = (await world.files.readText(file)) ?? '{}';
  if (/"userland-proxy"\s*:\s*false/.test(text)) return [ok(id, title, `off in ${file}`)];
  return [
    warn(
      id,
      title,
      'on: requests from this host and over IPv6 arrive with the address of the bridge, so rate limits count them together',
      `Set "userland-proxy": false in ${file} and restart the engine.`,
    ),
  ];
}

function reached({ endpoint, version }: EngineFacts): Check {
  return ok('engine', 'Docker Engine', `answers on ${endpoint.host}, API ${version.apiVersion}`);
}

function transport(endpoint: Endpoint): Check {
  const [id, title] = ['engine-transport', 'Connection to the engine'] as const;
  const open =
    endpoint.kind === 'tcp' &&
    !endpoint.tls &&
    !/^tcp:\/\/(127\.|localhost[:/]|\[::1\])/.test(endpoint.host);
  return open
    ? fail(
        id,
        title,
        `${endpoint.host} without TLS: whoever reaches it is root there`,
        'Use SSH instead: export DOCKER_HOST=ssh://USER@HOST',
      )
    : ok(id, title, endpoint.tls ? 'TLS with a client certificate' : endpoint.kind);
}

function versionCheck({ version }: EngineVersion): Check {
  const [id, title] = ['engine-version', 'Version of the engine'] as const;
  const update = 'Update Docker Engine: https://docs.docker.com/engine/install/';
  if (!isAtLeast(version, minimumEngineVersion)) {
    return fail(id, title, `${version}; ${minimumEngineVersion} or newer is needed`, update);
  }
  return ok(id, title, version);
}
