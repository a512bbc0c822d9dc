import { groupMembers } from '../../docker/group-members.ts';
import {
  elsewhere,
  fail,
  noProject,
  ok,
  reachFirst,
  unknown,
  unreached,
  warn,
  type Check,
} from './check.ts';
import type { DoctorInput, EngineFacts } from './facts.ts';

const gibibyte = 1024 ** 3;
const lowDisk = { fail: gibibyte, warn: 10 * gibibyte };
const allowedClockSeconds = 5;

/** Who else may use the engine's socket, and with it is root. */
export async function groupChecks(
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

/** Room for the project's files, and for images and volumes. */
export async function diskChecks(
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
      if (id === 'disk-project') checks.push(noProject(id, title));
      else if (local) checks.push(unknown(id, title, 'its folder is not known', reachFirst));
      else checks.push(elsewhere(id, title));
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

/** The host's memory against what the services may take together. */
export function memoryCheck({ memoryNeeded }: DoctorInput, engine: EngineFacts | null): Check {
  const [id, title] = ['memory', 'Memory'] as const;
  if (!engine) return unreached(id, title);
  const total = engine.info.memory;
  if (memoryNeeded === undefined) return noProject(id, title);
  const seen = `${gib(total)} GiB; the limits of all services add up to ${gib(memoryNeeded)} GiB`;
  return memoryNeeded > total
    ? warn(id, title, seen, 'Turn services off (jacker services disable NAME) or add memory.')
    : ok(id, title, seen);
}

/** Certificates, logins and logs need the right time. */
export async function clockChecks(
  { world }: DoctorInput,
  engine: EngineFacts | null,
): Promise<Check[]> {
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
  const ahead = engine?.clockAhead ?? Number.NaN;
  const seconds = ahead.toFixed(1);
  return [
    source === undefined
      ? unknown(
          ...synced,
          'no time service was found here (certificates and logins need the right time)',
          'Turn one on: sudo timedatectl set-ntp true',
        )
      : ok(...synced, source),
    Number.isNaN(ahead)
      ? unreached(...skew)
      : Math.abs(ahead) <= allowedClockSeconds
        ? ok(...skew, `${seconds} s from this machine's`)
        : warn(
            ...skew,
            `${seconds} s from this machine's`,
            'Synchronise both clocks: sudo timedatectl set-ntp true',
          ),
  ];
}

function gib(bytes: number): string {
  return (bytes / gibibyte).toFixed(1);
}
