import { freeNetworks } from '../docker/address-pools.ts';
import { minimumComposeVersion } from '../docker/compose.ts';
import type { Endpoint } from '../docker/endpoint.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerSummary, EngineInfo, EngineVersion, NetworkFacts } from '../docker/facts.ts';
import { groupMembers } from '../docker/group-members.ts';
import type { Host } from '../docker/host.ts';
import { occupies, parseListeningSockets } from '../docker/listening-sockets.ts';
import { isAtLeast } from '../docker/version.ts';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { Clock } from '../io/world.ts';
import { numberOf, textOf, type Settings } from '../settings/definition.ts';

/** One thing that was looked at on the host. */
export interface Check {
  /** Stable, for scripts. */
  id: string;
  title: string;
  /** `unknown`: it could not be looked at, which is never a pass. */
  status: 'ok' | 'warn' | 'fail' | 'unknown';
  /** What was found. */
  seen: string;
  /** The one thing to do; present unless the status is `ok`. */
  advice?: string;
}

/** What {@link doctor} looks at, and through what. */
export interface DoctorInput {
  world: { files: Pick<FileSystem, 'readText' | 'facts'>; clock: Clock };
  host: Host;
  projectDir: string;
  /** Finds and opens the engine; may fail, which is then a finding. */
  openEngine: () => Promise<{ endpoint: Endpoint; engine: Engine }>;
  /** {@link Compose.version}; may fail likewise. */
  composeVersion: () => Promise<string>;
  /** The project's settings, where there is a project. */
  settings?: Settings;
  /** Settings whose ports are published; HTTP_PORT and HTTPS_PORT by default. */
  portSettings?: readonly string[];
  /** Networks that the project needs. */
  networksNeeded?: number;
  /** Sum of the memory limits of the project's services, bytes. */
  memoryNeeded?: number;
}

/** The engine's answers; null where it could not be asked. */
interface EngineFacts {
  endpoint: Endpoint;
  version: EngineVersion;
  info: EngineInfo;
  /** Seconds by which the engine's clock is ahead of this host's. */
  clockAhead: number;
  containers: readonly ContainerSummary[];
  networks: readonly NetworkFacts[];
}

const gibibyte = 1024 ** 3;
/** Below 20.10 a container without capabilities cannot listen on port 80 (moby/moby#41030). */
const minimumEngineVersion = '20.10.0';
const recommendedEngineVersion = '25.0.0';
const recommendedComposeVersion = '2.29.0';
const lowDisk = { fail: gibibyte, warn: 10 * gibibyte };
const allowedClockSeconds = 5;

/** Looks at everything that the project needs from its host. Changes nothing; never throws. */
export async function doctor(input: DoctorInput): Promise<Check[]> {
  const { engine, checks: reach } = await askEngine(input);
  const local = engine === null || engine.endpoint.kind === 'unix';
  const groups: [id: string, title: string, look: () => Promise<Check[]> | Check[]][] = [
    ['compose', 'Docker Compose', () => composeChecks(input)],
    ['engine-security', 'Isolation by the engine', () => engineChecks(engine)],
    ['daemon', 'Configuration of the engine', () => daemonChecks(input, engine, local)],
    ['docker-group', 'Users with root through Docker', () => groupChecks(input, engine, local)],
    ['ports', 'Ports', () => portChecks(input, engine, local)],
    ['disk', 'Disk', () => diskChecks(input, engine, local)],
    ['memory', 'Memory', () => [memoryCheck(input, engine)]],
    ['networks', 'Networks', () => networkChecks(input, engine, local)],
    ['clock', 'Clock', () => clockChecks(input, engine)],
    ['dns', 'Names', () => dnsChecks(input)],
  ];
  const checks = [...reach];
  for (const [id, title, look] of groups) {
    try {
      checks.push(...(await look()));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      checks.push(unknown(id, title, why, 'Run jacker doctor as a user who may read this.'));
    }
  }
  return checks;
}

async function askEngine(
  input: DoctorInput,
): Promise<{ engine: EngineFacts | null; checks: Check[] }> {
  const title = 'Docker Engine';
  try {
    const { endpoint, engine } = await input.openEngine();
    try {
      const version = await engine.version();
      const before = input.world.clock.now().getTime();
      const info = await engine.info();
      const middle = (before + input.world.clock.now().getTime()) / 2;
      const facts: EngineFacts = {
        endpoint,
        version,
        info,
        clockAhead: (Date.parse(info.systemTime) - middle) / 1000,
        containers: await engine.listContainers({}),
        networks: await engine.listNetworks({}),
      };
      return {
        engine: facts,
        checks: [reached(facts), transport(endpoint), versionCheck(version)],
      };
    } finally {
      engine.close();
    }
  } catch (error) {
    const [problem] = error instanceof JackerError ? error.problems : [];
    const seen = problem ? [problem.what, problem.why].filter(Boolean).join(': ') : String(error);
    const advice = problem?.hint ?? 'See whether Docker works: docker version';
    return { engine: null, checks: [fail('engine', title, seen, advice)] };
  }
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
  return isAtLeast(version, recommendedEngineVersion)
    ? ok(id, title, version)
    : warn(id, title, `${version}, which no longer gets security fixes`, update);
}

async function composeChecks({ composeVersion }: DoctorInput): Promise<Check[]> {
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

function engineChecks(engine: EngineFacts | null): Check[] {
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

async function daemonChecks(
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

async function groupChecks(
  { world }: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const [id, title] = ['docker-group', 'Users with root through Docker'] as const;
  if (!local) return [elsewhere(id, title)];
  const socket = engine?.endpoint.socketPath;
  const facts = socket === undefined ? null : await world.files.facts(socket);
  const members = groupMembers(
    (await world.files.readText('/etc/group')) ?? '',
    (await world.files.readText('/etc/passwd')) ?? '',
    facts?.gid ?? 'docker',
  );
  const others = (members ?? []).filter((name) => name !== 'root');
  return [
    others.length === 0
      ? ok(id, title, 'none besides root')
      : warn(
          id,
          title,
          `${others.join(', ')}: members of the group that owns the socket`,
          `Take out who does not need it: sudo gpasswd --delete ${others[0] ?? 'NAME'} docker`,
        ),
  ];
}

async function portChecks(
  input: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const { settings, world, host } = input;
  if (!settings) return [noProject('ports', 'Ports of the settings')];
  const bind = textOf(settings, 'BIND_ADDRESS');
  const project = textOf(settings, 'PROJECT_NAME');
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => world.files.readText(file)),
  );
  const listening = tables.flatMap((table) => parseListeningSockets(table ?? ''));
  const checks: Check[] = [];
  for (const key of input.portSettings ?? ['HTTP_PORT', 'HTTPS_PORT']) {
    const port = numberOf(settings, key);
    const [id, title] = [`port-${port}`, `Port ${port} (${key})`] as const;
    const publisher = engine?.containers.find((container) =>
      container.ports.some(
        (published) =>
          published.hostPort === port &&
          published.protocol === 'tcp' &&
          occupies({ address: published.address, port, inode: 0 }, bind),
      ),
    );
    const other = `Stop it, or choose another port: jacker config set ${key}=${port < 1024 ? port + 8000 : port + 1}`;
    if (publisher) {
      checks.push(
        publisher.project === project
          ? ok(id, title, `held by this project (${publisher.name})`)
          : fail(id, title, `held by the container ${publisher.name}`, other),
      );
    } else if (!local) {
      checks.push(elsewhere(id, title));
    } else {
      const socket = listening.find((entry) => entry.port === port && occupies(entry, bind));
      const owner = socket && (await host.socketOwner(socket.inode));
      const who = owner ? `${owner.command} (process ${owner.pid})` : 'a process of another user';
      checks.push(socket ? fail(id, title, `held by ${who}`, other) : ok(id, title, 'free'));
    }
  }
  return checks;
}

async function diskChecks(
  { host, projectDir }: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const places: [id: string, title: string, path: string | null][] = [
    ['disk-project', 'Disk of the project folder', projectDir],
    ['disk-docker', 'Disk of images and volumes', (local && engine?.info.dataRoot) || null],
  ];
  const checks: Check[] = [];
  for (const [id, title, path] of places) {
    const space = path === null ? null : await host.diskSpace(path);
    if (path === null || space === null) {
      checks.push(
        engine && !local
          ? elsewhere(id, title)
          : unknown(id, title, `${path ?? 'its folder'} cannot be looked at`, reachFirst),
      );
      continue;
    }
    const seen = `${gib(space.free)} of ${gib(space.total)} GiB free at ${path}`;
    const free = 'Free some: docker system df shows what images and build caches take.';
    checks.push(
      space.free < lowDisk.fail
        ? fail(id, title, seen, free)
        : space.free < lowDisk.warn
          ? warn(id, title, seen, free)
          : ok(id, title, seen),
    );
    const { freeInodes, totalInodes } = space;
    if (freeInodes !== null && totalInodes !== null && freeInodes < totalInodes / 20) {
      const inodes = `${freeInodes} of ${totalInodes} inodes free at ${path}`;
      checks.push(
        warn(
          `${id}-inodes`,
          `${title}: inodes`,
          inodes,
          'Remove unused images: docker image prune',
        ),
      );
    } else {
      const inodes = freeInodes === null ? 'made as needed' : `${freeInodes} free at ${path}`;
      checks.push(ok(`${id}-inodes`, `${title}: inodes`, inodes));
    }
  }
  return checks;
}

function memoryCheck({ memoryNeeded }: DoctorInput, engine: EngineFacts | null): Check {
  const [id, title] = ['memory', 'Memory'] as const;
  if (!engine) return unreached(id, title);
  const total = engine.info.memory;
  if (memoryNeeded === undefined) return noProject(id, title);
  const seen = `${gib(total)} GiB; the limits of all services add up to ${gib(memoryNeeded)} GiB`;
  return memoryNeeded > total
    ? warn(id, title, seen, 'Turn services off (jacker services disable NAME) or add memory.')
    : ok(id, title, seen);
}

async function networkChecks(
  { world, settings, networksNeeded }: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const pools = ['address-pools', 'Addresses for networks'] as const;
  return [
    local ? await ipv6Check(world, settings) : elsewhere('ipv6', 'IPv6'),
    engine ? poolCheck(engine) : unreached(...pools),
  ];

  function poolCheck({ info, networks }: EngineFacts): Check {
    const project = settings ? textOf(settings, 'PROJECT_NAME') : undefined;
    const own = networks.filter(
      (network) => network.labels['com.docker.compose.project'] === project,
    );
    const free = freeNetworks(
      info.addressPools,
      networks.flatMap((network) => network.subnets),
    );
    if (networksNeeded === undefined) return noProject(...pools);
    const missing = Math.max(0, networksNeeded - own.length);
    const seen = `room for ${free} more networks; the project needs ${missing} more`;
    return missing > free
      ? fail(
          ...pools,
          seen,
          'Add "default-address-pools": [{"base": "10.200.0.0/16", "size": 24}] to /etc/docker/daemon.json and restart the engine.',
        )
      : ok(...pools, seen);
  }
}

async function ipv6Check(
  world: DoctorInput['world'],
  settings: Settings | undefined,
): Promise<Check> {
  const [id, title] = ['ipv6', 'IPv6'] as const;
  const disabled = await world.files.readText('/proc/sys/net/ipv6/conf/all/disable_ipv6');
  const on = disabled !== null && disabled.trim() === '0';
  const bind = settings ? textOf(settings, 'BIND_ADDRESS') : '';
  if (!on && bind.includes(':')) {
    return fail(
      id,
      title,
      `off, but BIND_ADDRESS is ${bind}`,
      'Choose an IPv4 address: jacker config set BIND_ADDRESS=127.0.0.1',
    );
  }
  return on && bind === '::'
    ? warn(
        id,
        title,
        'on, and BIND_ADDRESS is ::, so services are reachable over IPv6 too',
        'Check that the firewall filters IPv6 as it does IPv4: sudo ip6tables -S DOCKER-USER',
      )
    : ok(id, title, on ? 'on' : 'off');
}

async function clockChecks({ world }: DoctorInput, engine: EngineFacts | null): Promise<Check[]> {
  const synced = ['clock-sync', 'Clock synchronisation'] as const;
  const skew = ['clock-engine', 'Clock of the engine'] as const;
  const sources = {
    '/run/systemd/timesync/synchronized': 'systemd-timesyncd has synchronised it',
    '/run/chrony/chronyd.pid': 'chrony runs',
    '/run/chronyd.pid': 'chrony runs',
    '/run/ntpd.pid': 'ntpd runs',
  };
  let source: string | undefined;
  for (const [file, meaning] of Object.entries(sources)) {
    if (source === undefined && (await world.files.facts(file))) source = meaning;
  }
  const seconds = engine?.clockAhead.toFixed(1) ?? '';
  return [
    source === undefined
      ? unknown(
          ...synced,
          'no time service was found here (certificates and logins need the right time)',
          'Turn one on: sudo timedatectl set-ntp true',
        )
      : ok(...synced, source),
    engine === null
      ? unreached(...skew)
      : Math.abs(engine.clockAhead) <= allowedClockSeconds
        ? ok(...skew, `${seconds} s from this machine's`)
        : warn(
            ...skew,
            `${seconds} s from this machine's`,
            'Synchronise both clocks: sudo timedatectl set-ntp true',
          ),
  ];
}

async function dnsChecks({ settings, host }: DoctorInput): Promise<Check[]> {
  const [id, title] = ['dns', 'Name of the domain'] as const;
  if (!settings) return [noProject(id, title)];
  const domain = textOf(settings, 'DOMAIN');
  // RFC 6761, section 6.3.
  if (domain === 'localhost' || domain.endsWith('.localhost')) {
    return [ok(id, title, `${domain} always means this machine`)];
  }
  const found = await host.resolve(domain);
  const own = host.addresses();
  if (found.length === 0) {
    return [
      fail(
        id,
        title,
        `${domain} has no A or AAAA record`,
        `Create one for ${domain} and one for *.${domain} that name this machine's public address.`,
      ),
    ];
  }
  return [
    found.every((address) => own.includes(address))
      ? ok(id, title, `${domain} is ${found.join(', ')}`)
      : warn(
          id,
          title,
          `${domain} is ${found.join(', ')}, which is not an address of this machine`,
          'Point the records here, unless a router or load balancer with that address forwards to this machine.',
        ),
  ];
}

const reachFirst = 'Make the engine reachable first, then run jacker doctor again.';

function unreached(id: string, title: string): Check {
  return unknown(id, title, 'the engine was not reached', reachFirst);
}

function elsewhere(id: string, title: string): Check {
  const advice = 'Run jacker doctor on the engine’s own machine as well.';
  return unknown(id, title, 'the engine is on another machine', advice);
}

function noProject(id: string, title: string): Check {
  const advice = 'Create the project (jacker init), then run jacker doctor again.';
  return unknown(id, title, 'there is no project yet', advice);
}

function gib(bytes: number): string {
  return (bytes / gibibyte).toFixed(1);
}

function ok(id: string, title: string, seen: string): Check {
  return { id, title, status: 'ok', seen };
}

function warn(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'warn', seen, advice };
}

function fail(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'fail', seen, advice };
}

function unknown(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'unknown', seen, advice };
}
