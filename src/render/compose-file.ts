import { createHash } from 'node:crypto';
import type { Stack, StackNetwork, StackService } from '../catalog/stack.ts';
import { applyBaseline } from '../harden/baseline.ts';
import type {
  ComposeDocument,
  ComposeMount,
  ComposeNetwork,
  ComposeService,
} from '../harden/compose-model.ts';
import { mergeOverride, type ServiceOverride } from '../harden/override.ts';
import { numberOf, textOf, type Settings } from '../settings/definition.ts';

/** Facts about the host that end up in the rendered files. */
export interface HostFacts {
  /** Group id of the engine's socket; null where no service needs the socket. */
  socketGroup: number | null;
}

/** What {@link composeService} needs besides the service. */
export interface ComposeInputs {
  stack: Stack;
  settings: Settings;
  host: HostFacts;
  /** Group id of each secret's file. */
  groups: ReadonlyMap<string, number>;
  /** The image to write: mirrored, with its digest where it is known. */
  imageOf: (service: StackService) => string;
  /** Identifies the content of one generated file or secret without revealing it. */
  versionOf: (path: string) => string;
  /** What the user's overrides say, by service. */
  overrides: ReadonlyMap<string, ServiceOverride>;
}

/** The label whose value changes with any file or secret that the service mounts. */
export const configLabel = 'io.jacker.config';
/** The labels with the names of project and service. */
export const projectLabel = 'io.jacker.project';
export const serviceLabel = 'io.jacker.service';

/** One service as Compose runs it: the fragment, what its needs derive, and the baseline. */
export function composeService(service: StackService, inputs: ComposeInputs): ComposeService {
  const { stack, settings, host } = inputs;
  const { manifest } = service.definition;
  const fragment = mergeOverride(
    service.definition.fragment,
    inputs.overrides.get(service.name) ?? {},
  );
  const secretConfigs = service.configs.filter((config) => config.secret !== null);
  const mounts: ComposeMount[] = [
    ...service.configs
      .filter((config) => config.secret === null)
      .map((config): ComposeMount => bind(`./${config.path}`, config.declaration.target)),
    ...manifest.writes.flatMap((write): ComposeMount[] =>
      'volume' in write ? [volumeMount(write)] : [],
    ),
    ...(manifest.socket ? [bind(textOf(settings, 'DOCKER_SOCKET'), '/var/run/docker.sock')] : []),
  ];
  const secrets = [
    ...service.secrets.map(({ secret, target }) => ({ source: secret, target })),
    ...secretConfigs.map((config) => ({
      source: config.secret ?? '',
      target: config.declaration.target,
    })),
  ].sort((a, b) => (a.source < b.source ? -1 : 1));
  const groups = [
    ...secrets.flatMap(({ source }) => inputs.groups.get(source) ?? []),
    ...(manifest.socket && host.socketGroup !== null ? [host.socketGroup] : []),
  ];
  const files = [
    ...service.configs.map((config) => config.path),
    ...service.secrets.map(({ secret }) => `secrets/${secret}`),
  ].sort();
  const checksum = createHash('sha256')
    .update(JSON.stringify(files.map((file) => [file, inputs.versionOf(file)])))
    .digest('hex')
    .slice(0, 32);
  const hardened = applyBaseline(fragment, {
    identity: manifest.identity,
    memory: manifest.resources.memory,
    cpus: manifest.resources.cpus,
    pids: manifest.resources.pids,
    temporary: manifest.writes.flatMap((write) =>
      'tmpfs' in write ? [{ path: write.tmpfs, size: write.size, exec: write.exec ?? false }] : [],
    ),
    capabilities: service.exceptions
      .filter((exception) => exception.control === 'MED-002')
      .flatMap((exception) => (exception.value === undefined ? [] : [exception.value])),
    health: manifest.health,
  });
  return {
    ...hardened,
    image: inputs.imageOf(service),
    environment: { TZ: textOf(settings, 'TIMEZONE'), ...fragment.environment },
    ...(groups.length > 0 ? { group_add: groups.map(String).sort() } : {}),
    ...(mounts.length > 0 ? { volumes: mounts } : {}),
    ...(secrets.length > 0 ? { secrets } : {}),
    // Without a relation there is nobody to talk to; Compose's default network is not for it either.
    ...(service.networks.length > 0
      ? { networks: Object.fromEntries(service.networks.map((network) => [network, null])) }
      : { network_mode: 'none' }),
    ...(manifest.publishes.length > 0
      ? {
          ports: manifest.publishes.map(({ target, setting }) => ({
            target,
            published: String(numberOf(settings, setting)),
            host_ip: textOf(settings, 'BIND_ADDRESS'),
            protocol: 'tcp',
          })),
        }
      : {}),
    ...(service.dependsOn.length > 0
      ? {
          depends_on: Object.fromEntries(
            service.dependsOn.map((name) => [name, { condition: 'service_healthy' }]),
          ),
        }
      : {}),
    labels: {
      ...fragment.labels,
      [projectLabel]: stack.project,
      [serviceLabel]: service.name,
      [configLabel]: checksum,
    },
  };
}

/**
 * A volume. Without `nocopy` the engine gives an empty volume the owner of the image's folder
 * again for each new container, and undoes what `up` set.
 */
function volumeMount(write: {
  volume: string;
  path: string;
  seed?: true | undefined;
}): ComposeMount {
  return {
    type: 'volume',
    source: write.volume,
    target: write.path,
    ...(write.seed ? {} : { volume: { nocopy: true } }),
  };
}

/** A whole Compose document with one service; the documents of all services merge into the stack. */
export function composeDocument(service: StackService, inputs: ComposeInputs): ComposeDocument {
  const composed = composeService(service, inputs);
  const volumes = service.definition.manifest.writes.flatMap((write) =>
    'volume' in write ? [write.volume] : [],
  );
  const secrets = (composed.secrets ?? []).flatMap((entry) =>
    typeof entry === 'object' ? [entry.source] : [],
  );
  return {
    services: { [service.name]: composed },
    ...(service.networks.length > 0
      ? {
          networks: Object.fromEntries(
            inputs.stack.networks
              .filter((network) => service.networks.includes(network.name))
              .map((network) => [network.name, composeNetwork(network)]),
          ),
        }
      : {}),
    ...(volumes.length > 0
      ? { volumes: Object.fromEntries(volumes.map((volume) => [volume, null])) }
      : {}),
    ...(secrets.length > 0
      ? {
          secrets: Object.fromEntries(
            secrets.map((secret) => [secret, { file: `./secrets/${secret}` }]),
          ),
        }
      : {}),
  };
}

/**
 * A network of the stack. A relation's network is internal and has no address on the host, so
 * that its members reach each other and neither the host nor anything behind it. The edge's
 * publishes ports, so it is not internal; without a need for the internet it does not masquerade,
 * so nothing comes back from there.
 */
function composeNetwork(network: StackNetwork): ComposeNetwork {
  if (network.purpose === 'relation') {
    return {
      internal: true,
      driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
    };
  }
  return {
    driver_opts: {
      'com.docker.network.bridge.enable_icc': 'false',
      'com.docker.network.bridge.enable_ip_masquerade': String(network.egress),
    },
  };
}

function bind(source: string, target: string): ComposeMount {
  return { type: 'bind', source, target, read_only: true, bind: { create_host_path: false } };
}
