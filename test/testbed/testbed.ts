import type { ComposeBinary } from './compose.ts';

/** An engine with images on it, ready for tests. */
export interface Testbed {
  /** Brought up by us, or found running. */
  kind: 'own' | 'existing';
  dockerHost: string;
  /** PATH (with the docker command first), DOCKER_HOST and DOCKER_CONFIG. */
  env: Record<string, string>;
  /** Prefix under which every image is found, or null where the official registries answer. */
  imageMirror: string | null;
  composeBinaries: ComposeBinary[];
  images: { sampleApp: string; pebble: string; oidc: string; toolbox: string; node: string };
  socketPath: string;
  socketGroup: { name: string; gid: number };
  registry: { host: string } | null;
  /** Stops the engine and starts it again; only where it is our own. */
  restartEngine(): Promise<void>;
  /** Stops what was brought up; an existing engine is left alone. */
  stop(): Promise<void>;
}
