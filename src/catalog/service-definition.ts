import type { ErrorLocation } from '../error.ts';
import type { ComposeService } from '../harden/compose-model.ts';
import type { Manifest } from './manifest.ts';

/** One service of the catalog: its Compose fragment and what it declares that it needs. */
export interface ServiceDefinition {
  /** The build has parsed and checked it. */
  checked?: boolean;
  name: string;
  /** The file it came from, for messages. */
  file: string;
  manifest: Manifest;
  /** The Compose service without `x-jacker`. */
  fragment: ComposeService;
  /** The place of a key of the service, `x-jacker` included, for messages. */
  at: (path: readonly (string | number)[]) => ErrorLocation;
}

/** The catalog: definitions by name, in name order. */
export type Catalog = ReadonlyMap<string, ServiceDefinition>;
