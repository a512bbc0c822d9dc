/** One thing that was looked at on the host. */
export interface Check {
  /** Stable, for scripts. */
  id: string;
  title: string;
  /** `unknown`: it could not be looked at, which is never a pass. */
  status: 'ok' | 'warn' | 'fail' | 'unknown';
  /** What was found. */
  seen: string;
  /** The one thing to do; present unless the status is `ok`. */
  advice?: string;
}

/** The advice of checks that need the engine. */
export const reachFirst = 'Make the engine reachable first, then run jacker doctor again.';

/** A check that needs the engine, which was not reached. */
export function unreached(id: string, title: string): Check {
  return unknown(id, title, 'the engine was not reached', reachFirst);
}

/** A check of the engine’s host, which is not this one. */
export function elsewhere(id: string, title: string): Check {
  const advice = 'Run jacker doctor on the engine’s own machine as well.';
  return unknown(id, title, 'the engine is on another machine', advice);
}

/** A check that needs a project where there is none. */
export function noProject(id: string, title: string): Check {
  const advice = 'Create the project (jacker init), then run jacker doctor again.';
  return unknown(id, title, 'there is no project yet', advice);
}

/** Found as it should be. */
export function ok(id: string, title: string, seen: string): Check {
  return { id, title, status: 'ok', seen };
}

/** Works, but is not as it should be. */
export function warn(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'warn', seen, advice };
}

/** Does not work, or is not safe. */
export function fail(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'fail', seen, advice };
}

/** Could not be looked at. */
export function unknown(id: string, title: string, seen: string, advice: string): Check {
  return { id, title, status: 'unknown', seen, advice };
}
