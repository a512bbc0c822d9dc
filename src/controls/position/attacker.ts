import type { CommandResult } from '../../docker/exec.ts';

/** Where a throwaway container stands in the network. */
export type Position =
  /** In the network namespace of a service's container: with exactly its reach. */
  | { service: string }
  /** A container of its own on networks of the stack, by their names there: an address in each. */
  | { networks: readonly string[] };

/** How a request is made again and again, over connections that are kept. */
export interface Repetition {
  /** No more than this. */
  count: number;
  /** How many at once. */
  atOnce: number;
  /** Waited before the first one. */
  afterMs?: number;
  /** Not longer than this. */
  forMs: number;
  /** Between the end of one and the next: always, or only once a status came. */
  pauseMs: number;
  pauseAfter?: number;
}

/** One thing to do over the network. */
export type DialTask =
  | { kind: 'tcp'; host: string; port: number; timeoutMs: number }
  /** Sends lines and answers what comes back until the other side closes or time is up. */
  | { kind: 'talk'; host: string; port: number; send: string; timeoutMs: number }
  | {
      kind: 'http';
      host: string;
      port: number;
      /** SNI; absent: plain HTTP. */
      tls?: { servername: string };
      method: string;
      path: string;
      headers: Readonly<Record<string, string>>;
      body?: string;
      timeoutMs: number;
      /** Many times instead of once. */
      repeat?: Repetition;
    };

/** What came of a task. */
export type DialResult =
  | { kind: 'tcp'; outcome: 'connected' | 'refused' | 'unreachable'; detail: string }
  | { kind: 'talk'; outcome: 'answered' | 'unreachable'; received: string; detail: string }
  /** Answers by status; `failed` counts requests without one. */
  | {
      kind: 'http';
      statuses: Readonly<Record<string, number>>;
      failed: number;
      body: string;
      detail: string;
      /** This end's address, as the other end sees it where nothing is between. */
      address: string;
      /** Each answer's status and time, in milliseconds of the engine's clock. */
      timeline: readonly (readonly [at: number, status: number])[];
      /** When the first request began and the last one ended. */
      began: number;
      ended: number;
    };

/** Acts from a place inside the stack, in containers that are removed afterwards. */
export interface Attacker {
  /** Results in the order of the tasks. */
  dial: (position: Position, tasks: readonly DialTask[]) => Promise<DialResult[]>;
  /** Runs a command of an image. Secrets go to `stdin` only. */
  run: (
    position: Position,
    command: { image: string; argv: readonly string[]; stdin?: string; user?: string },
  ) => Promise<CommandResult>;
}
