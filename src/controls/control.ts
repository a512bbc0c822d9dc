import type { Gap } from '../compose/gap.ts';
import type { ValueOrigin } from '../compose/plain.ts';
import type { SourcePosition } from '../compose/source.ts';
import type { Stack, StackService } from '../catalog/stack.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerFacts, EngineInfo } from '../docker/facts.ts';
import type { ImageLock } from '../docker/image-lock.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { Clock, Randomness } from '../io/world.ts';
import type { Settings } from '../settings/definition.ts';
import type { Attacker } from './position/attacker.ts';
import type { EdgeClient } from './position/edge-client.ts';
import type { ContainerSnapshot } from './reading/container-snapshot.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';
export type Domain = 'isolation' | 'edge' | 'secrets' | 'data' | 'supply-chain' | 'operations';
export type SubjectKind =
  'service' | 'router' | 'database' | 'cache' | 'network' | 'host' | 'project';

/** What is known of a control on a subject. Unknown is never a pass. */
export type Status = 'pass' | 'fail' | 'unknown' | 'not-applicable';

/** What only a project of Jacker's own has, besides its Compose document. */
export interface ProjectModel {
  stack: Stack;
  settings: Settings;
  /** Rendered files by path, those under `secrets/` included; no result may quote the latter. */
  files: ReadonlyMap<string, string>;
}

/** A file on the host that holds secrets: `.env`, an `env_file`, the file of a Compose secret. */
export interface HostFile {
  /** As the user knows it. */
  path: string;
  /** Permission bits, for example `0o600`. */
  mode: number;
  /** Whether git keeps it; null where that could not be told. */
  tracked: boolean | null;
}

/** A configuration file of the host as a service has it. */
export interface MountedFile {
  service: string;
  /** Absolute path in the container. */
  target: string;
  /** As the user knows it. */
  path: string;
  text: string;
}

/** What static checks read: any Compose document, and the project where there is one. */
export interface StaticModel {
  document: ComposeDocument;
  project?: ProjectModel;
  /** By service the keys in which a variable has no value: nobody can say what they will be. */
  open?: ReadonlyMap<string, ReadonlySet<string>>;
  /** What a single value of the document is written as: with its variables, and in which file. */
  origin?: (path: readonly string[]) => ValueOrigin | undefined;
  /** Facts of the host about files that hold secrets; absent where nobody looked. */
  hostFiles?: readonly HostFile[];
  /** Configuration files that are mounted into programs whose checks read them. */
  mountedFiles?: readonly MountedFile[];
  /** Every loaded file's gaps: what could not be read, found or understood. */
  gaps?: readonly Gap[];
  /** The services as separate files give them, before later files were merged over them. */
  layers?: readonly ComposeDocument[];
  /** Waivers that files and comments declare, and why one does not hold. */
  waivers?: readonly { control: string; fault: string | null; position: SourcePosition }[];
}

/** What a static check found on one subject. */
export interface StaticResult {
  subject: string;
  status: Status;
  expected: string;
  seen: string;
  /** Path in the Compose document, or in `file`, for example `['services', 'redis', 'cap_drop']`. */
  location: readonly string[];
  /** The rendered file, where it is not the Compose document. */
  file?: string;
  /** The place itself, where it is not at a path of a document. */
  position?: SourcePosition;
  /** The reason of the declared exception; the status stays `fail`. */
  exception?: string;
}

/** One value that was read from, or one act that was tried on, what runs. Never holds a secret. */
export interface Reading {
  subject: string;
  status: Status;
  /** What was read or tried, for example `/proc/1/status CapEff`. */
  read: string;
  /** Where: a container's name, or the address. */
  from: string;
  expected: string;
  seen: string;
  exception?: string;
}

/** A reading of a control at a time. */
export interface Observation extends Reading {
  control: string;
  /** ISO 8601. */
  at: string;
}

/** Everything that probes and attacks work with. */
export interface ProbeContext {
  stack: Stack;
  settings: Settings;
  /** The merged Compose document as it should run. */
  rendered: ComposeDocument;
  /** The project's own running containers by service. */
  containers: ReadonlyMap<string, ContainerFacts>;
  engine: Engine;
  host: EngineInfo;
  /** Text of a file of the engine's host, null where there is none; absent where that is not this one. */
  hostFile?: (path: string) => Promise<string | null>;
  imageLock: ImageLock;
  /** A secret's value, without a trailing newline. Throws where there is none. */
  readSecret: (name: string) => Promise<string>;
  /** What the kernel says inside a service's container; read once. */
  snapshot: (service: string) => Promise<ContainerSnapshot>;
  edge: EdgeClient;
  attacker: Attacker;
  /** An address that stands for the internet: no container without a need for it may reach it. */
  internetTarget?: { host: string; port: number };
  clock: Clock;
  random: Randomness;
  signal: AbortSignal;
}

/**
 * One change of a service that a control proposes. `set` replaces or adds a key; `add` puts texts
 * into a list, `drop` takes them out; `remove` takes the key out.
 */
export interface ServiceChange {
  service: string;
  /** The key, and keys below it, for example `['deploy', 'resources']`. */
  key: readonly [string, ...string[]];
  change:
    | { kind: 'set'; value: ChangeValue }
    | { kind: 'add'; values: readonly string[] }
    | { kind: 'drop'; values: readonly string[] }
    | { kind: 'remove' };
  /** Why, in words that stand as a comment behind the line. */
  reason: string;
}

/** What a change writes: plain YAML values. */
export type ChangeValue =
  string | number | boolean | readonly ChangeValue[] | { readonly [key: string]: ChangeValue };

/** Compose documents on which a static check passes and fails; they document it and test it. */
export interface Examples {
  pass: readonly StaticModel[];
  fail: readonly StaticModel[];
}

/** One thing that must hold: how it is seen in files, on what runs, and by trying the opposite. */
export interface Control {
  id: string;
  title: string;
  severity: Severity;
  domain: Domain;
  subject: SubjectKind;
  /** True for a grant that no good setting makes up for: it earns nothing and caps a score. */
  grant?: boolean;
  why: string;
  /** Finding ids, benchmark items and cheat sheet rules that ask for the same. */
  references: readonly string[];
  /** What none of its three checks can see. */
  blindSpots: readonly string[];
  remedy: string;
  /** How a file is changed so that the static check passes, where that is safe to do unseen. */
  fix?: (finding: StaticResult, model: StaticModel) => ServiceChange[] | null;
  static?: (model: StaticModel) => StaticResult[];
  probe?: (context: ProbeContext) => Promise<Reading[]>;
  attack?: (context: ProbeContext) => Promise<Reading[]>;
  /** Required where there is a static check. */
  examples?: Examples;
}

/** The reason why a service may be softer than a control asks, if its manifest gives one. */
export function exceptionOf(
  service: StackService | undefined,
  control: string,
  value?: string,
): string | undefined {
  return service?.exceptions.find(
    (exception) =>
      exception.control === control && (value === undefined || exception.value === value),
  )?.reason;
}
