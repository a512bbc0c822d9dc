import { mountsOf } from '../controls/compose/service-mounts.ts';
import { portsOf } from '../controls/compose/service-ports.ts';
import type { ComposeDocument, ComposeNetwork, ComposeService } from '../harden/compose-model.ts';
import { withGrants, type Grants } from './trial-grants.ts';

/** A volume of a trial: fresh for each try where one service has it for itself. */
export interface TrialVolume {
  name: string;
  target: string;
  readOnly: boolean;
}

/** What is known of one service of a trial. */
export interface TrialService {
  name: string;
  grants: Grants;
  /** Which try it is: its own volumes are named after it. */
  attempt: number;
  /** Copies of the files that it mounts, by target. */
  binds: readonly { source: string; target: string; readOnly: boolean }[];
  /** Folders for which the image asks for a volume. */
  imageVolumes: readonly string[];
  /** The check of health: the file's own, else the image's. */
  test: readonly string[] | string | null;
}

/** Keys of a service that a trial takes over as they are; all others stay out. */
const kept = [
  'image',
  'command',
  'entrypoint',
  'environment',
  'user',
  'group_add',
  'cap_add',
  'cap_drop',
  'security_opt',
  'read_only',
  'tmpfs',
  'ulimits',
  'shm_size',
  'init',
  'hostname',
  'working_dir',
  'stop_signal',
  'tty',
  'stdin_open',
  'sysctls',
  'domainname',
] as const;

/** The network that has a way out, and its twin that has none: both lead to the same services. */
export function inner(network: string): string {
  return `${network}--inner`;
}

/**
 * A Compose document for trials: its own networks and volumes, no port of the host, no name or
 * label that another program may act on, nothing of the host but copies. Values are final.
 */
export function trialDocument(
  document: ComposeDocument,
  services: readonly TrialService[],
  label: string,
  secretFiles: ReadonlyMap<string, string>,
): ComposeDocument {
  const labels = { [label]: 'true' };
  const networks: Record<string, ComposeNetwork> = {};
  const volumes: Record<string, { labels: Record<string, string> }> = {};
  const made: Record<string, ComposeService> = {};
  const shared = sharedVolumes(document);
  for (const one of services) {
    const service = document.services[one.name] ?? {};
    const own = volumesOf(service, one, shared);
    for (const { name } of own) volumes[name] = { labels };
    const leadsTo = service.network_mode === undefined || service.network_mode === 'bridge';
    const names = leadsTo ? networksOf(service) : [];
    for (const { name } of names) {
      networks[name] = {
        labels,
        ...(document.networks?.[name]?.internal ? { internal: true } : {}),
      };
      networks[inner(name)] = { labels, internal: true };
    }
    made[one.name] = {
      ...withGrants(pick(service), one.grants),
      labels,
      restart: 'no',
      // No waiting for a program that does not listen to its stop signal.
      stop_grace_period: '5s',
      logging: { driver: 'json-file', options: { 'max-size': '5m' } },
      ...(leadsTo
        ? {
            networks: Object.fromEntries(
              names.flatMap(({ name, aliases }) => [
                ...(one.grants.isolated ? [] : [[name, { aliases }]]),
                [inner(name), { aliases }],
              ]),
            ) as Record<string, { aliases: string[] }>,
          }
        : { network_mode: 'none' }),
      volumes: [
        ...own.map(({ name, target, readOnly }) => ({
          type: 'volume',
          source: name,
          target,
          read_only: readOnly,
        })),
        ...one.binds.map(({ source, target, readOnly }) => ({
          type: 'bind',
          source,
          target,
          read_only: readOnly,
        })),
      ],
      ...(one.test === null
        ? { healthcheck: { disable: true } }
        : // Asked each second, and as often as there is time to wait.
          { healthcheck: { test: one.test, interval: '1s', timeout: '10s', retries: 1000 } }),
      ...dependencies(service, services),
      ...secretsOf(service, secretFiles),
    };
  }
  const secrets = Object.fromEntries([...secretFiles].map(([name, file]) => [name, { file }]));
  return escaped({ services: made, networks, volumes, secrets }) as ComposeDocument;
}

function pick(service: ComposeService): ComposeService {
  const entries = kept.flatMap((key) => (service[key] === undefined ? [] : [[key, service[key]]]));
  return Object.fromEntries(entries) as ComposeService;
}

/** Compose would fill in variables a second time. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, escaped(one)]));
}

function networksOf(service: ComposeService): { name: string; aliases: string[] }[] {
  const { networks } = service;
  if (networks === undefined) return [{ name: 'default', aliases: [] }];
  if (Array.isArray(networks)) return networks.map((name) => ({ name: String(name), aliases: [] }));
  return Object.entries(networks).map(([name, value]) => ({
    name,
    aliases: [...((value as { aliases?: readonly string[] } | null)?.aliases ?? [])],
  }));
}

/** Names of volumes that more than one service mounts. */
function sharedVolumes(document: ComposeDocument): Set<string> {
  const users = new Map<string, number>();
  for (const service of Object.values(document.services)) {
    const names = new Set(mountsOf(service).map(({ source }) => source));
    for (const name of names) users.set(name, (users.get(name) ?? 0) + 1);
  }
  return new Set([...users].filter(([, count]) => count > 1).map(([name]) => name));
}

function volumesOf(
  service: ComposeService,
  { name, attempt, imageVolumes, binds }: TrialService,
  shared: ReadonlySet<string>,
): TrialVolume[] {
  const named = mountsOf(service).filter(({ type }) => type === 'volume');
  const covered = [...named, ...binds].map(({ target }) => target.replace(/\/+$/, ''));
  const extra = imageVolumes.filter((path) => !covered.includes(path.replace(/\/+$/, '')));
  return [
    ...named.map(({ source, target, readOnly }, index) => ({
      name:
        shared.has(source) && source !== '' ? `shared-${source}` : ownVolume(name, index, attempt),
      target,
      readOnly,
    })),
    // The engine would make one without a name, and nobody would take it away.
    ...extra.map((target, index) => ({
      name: ownVolume(name, named.length + index, attempt),
      target,
      readOnly: false,
    })),
  ];
}

function ownVolume(service: string, index: number, attempt: number): string {
  return `own-${service}-${index}-${attempt}`;
}

/** Start of the names of a service's own volumes in one try. */
export function isOwnVolume(name: string, service: string, attempt: number): boolean {
  const match = /-own-(.+)-\d+-(\d+)$/.exec(name.replace('_', '-'));
  return match?.[1] === service && Number(match[2]) === attempt;
}

function dependencies(
  service: ComposeService,
  services: readonly TrialService[],
): Pick<ComposeService, 'depends_on'> {
  const there = new Map(services.map((one) => [one.name, one]));
  const entries = Object.entries(service.depends_on ?? {}).flatMap(([name, value]) => {
    const other = there.get(name);
    if (!other) return [];
    const asked = (value as { condition?: string } | null)?.condition ?? 'service_started';
    // A file that only says that it depends means that it needs what works.
    const condition =
      asked === 'service_started' && other.test !== null ? 'service_healthy' : asked;
    return [[name, { condition }] as const];
  });
  return entries.length === 0 ? {} : { depends_on: Object.fromEntries(entries) };
}

function secretsOf(
  service: ComposeService,
  files: ReadonlyMap<string, string>,
): Pick<ComposeService, 'secrets'> {
  const secrets = (service.secrets ?? []).filter((one) =>
    files.has(typeof one === 'string' ? one : one.source),
  );
  return secrets.length === 0 ? {} : { secrets };
}

/** Networks of a document that need no way out where none of their services does. */
export function networksWithoutExit(
  document: ComposeDocument,
  isolated: ReadonlySet<string>,
): string[] {
  const members = new Map<string, string[]>();
  for (const [name, service] of Object.entries(document.services)) {
    if (service.network_mode !== undefined) continue;
    for (const network of networksOf(service)) {
      members.set(network.name, [...(members.get(network.name) ?? []), name]);
    }
  }
  return [...members].flatMap(([network, services]) => {
    const could = services.every(
      // A network without a way out publishes no port.
      (name) => isolated.has(name) && portsOf(document.services[name] ?? {}).length === 0,
    );
    return could && !document.networks?.[network]?.internal ? [network] : [];
  });
}
