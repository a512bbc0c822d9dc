import type { FileSystem } from './file-system.ts';

/** A source of unpredictable bytes. */
export interface Randomness {
  bytes(count: number): Uint8Array;
}

/** The time of day. */
export interface Clock {
  now(): Date;
}

/** Who runs the program: the effective user and groups of the process. */
export interface Identity {
  uid: number;
  gid: number;
  groups: readonly number[];
}

/** Where text goes and what the terminal can do. Results go to `out`, all else to `err`. */
export interface Terminal {
  /** Text, or its UTF-8. */
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** True where standard output is a terminal. */
  outIsTerminal: boolean;
  errIsTerminal: boolean;
  inIsTerminal: boolean;
  columns: number;
  /** The size of the terminal behind standard error, as it is now. */
  errSize(): { columns: number; rows: number };
  color: boolean;
}

/** Everything outside the program that its use cases may touch. */
export interface World {
  files: FileSystem;
  clock: Clock;
  random: Randomness;
  identity: Identity;
  terminal: Terminal;
  /** The process environment, read once at the start. */
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted on SIGINT or SIGTERM; long work stops at its next safe point. */
  signal: AbortSignal;
}
