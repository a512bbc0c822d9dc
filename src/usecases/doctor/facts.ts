import type { Endpoint } from '../../docker/endpoint.ts';
import type { Engine } from '../../docker/engine.ts';
import type {
  ContainerSummary,
  EngineInfo,
  EngineVersion,
  NetworkFacts,
} from '../../docker/facts.ts';
import type { Host } from '../../docker/host.ts';
import type { FileSystem } from '../../io/file-system.ts';
import type { Clock } from '../../io/world.ts';
import type { Settings } from '../../settings/definition.ts';

/** What the doctor looks at, and through what. */
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
export interface EngineFacts {
  endpoint: Endpoint;
  version: EngineVersion;
  info: EngineInfo;
  /** Seconds by which the engine's clock is ahead of this host's. */
  clockAhead: number;
  containers: readonly ContainerSummary[];
  networks: readonly NetworkFacts[];
}
