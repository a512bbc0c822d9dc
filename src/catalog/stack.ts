import type {
  ConfigDeclaration,
  DockerEndpoint,
  ManifestPostgres,
  ManifestRedis,
  RouteDeclaration,
  SecretDeclaration,
  ServiceException,
} from './manifest.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** A secret as the whole stack sees it: what it is, whose it is, and who may read it. */
export interface StackSecret {
  name: string;
  kind: SecretDeclaration['kind'] | 'authority' | 'authority-key' | 'rendered';
  help: string;
  /** The service that declares it, or `jacker`. */
  owner: string;
  length?: number | undefined;
  of?: string | undefined;
  user?: string | undefined;
  /** DNS names of a certificate. */
  names?: readonly string[] | undefined;
  /** Services that mount it, in name order. */
  readers: readonly string[];
}

/** A secret in a container. */
export interface SecretMount {
  secret: string;
  target: string;
}

/** A configuration file in a container. */
export interface ConfigMount {
  declaration: ConfigDeclaration;
  /** Folder under `config/` that holds the template: the catalog's name of the service. */
  folder: string;
  /** The generated file, relative to the project folder. */
  path: string;
  /** The secret's name where the rendered text holds one. */
  secret: string | null;
}

/** A network: its members and why it exists. */
export interface StackNetwork {
  name: string;
  purpose: 'edge' | 'relation' | 'egress';
  members: readonly string[];
  /** True where containers on it may send to the internet. */
  egress: boolean;
}

/** A route with the service that answers it. */
export interface StackRoute extends RouteDeclaration {
  service: string;
  /** Full host name. */
  hostName: string;
}

/** One service of the stack, resolved. */
export interface StackService {
  name: string;
  definition: ServiceDefinition;
  /** The service that a per-consumer instance serves. */
  consumer: string | null;
  /** The Docker API calls that a per-consumer proxy lets through. */
  endpoints: readonly DockerEndpoint[];
  networks: readonly string[];
  secrets: readonly SecretMount[];
  configs: readonly ConfigMount[];
  dependsOn: readonly string[];
  exceptions: readonly ServiceException[];
}

/** A service's own database role. */
export interface PostgresNeed extends ManifestPostgres {
  service: string;
  secret: string;
}

/** A service's own Redis user. */
export interface RedisNeed extends ManifestRedis {
  service: string;
  secret: string;
}

/** What will run: every enabled service and all that is derived from their needs. */
export interface Stack {
  project: string;
  domain: string;
  services: readonly StackService[];
  networks: readonly StackNetwork[];
  secrets: readonly StackSecret[];
  routes: readonly StackRoute[];
  postgres: readonly PostgresNeed[];
  redis: readonly RedisNeed[];
  /** Named volumes, in name order. */
  volumes: readonly string[];
}
