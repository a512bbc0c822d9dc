import type { ServiceView } from '../compose/stack-view.ts';

/** A right that a socket proxy gives its clients, and where it is written. */
export interface ProxyRight {
  name: string;
  location: readonly string[];
}

/**
 * Parts of the Docker API in which a POST makes or changes something: with it a client starts a
 * container that has the host's disk. `EVENTS`, `PING` and `VERSION` have none.
 * https://github.com/Tecnativa/docker-socket-proxy#grant-or-revoke-access-to-certain-api-sections
 */
const sections = new Set(
  'AUTH BUILD COMMIT CONFIGS CONTAINERS DISTRIBUTION EXEC GRPC IMAGES NETWORKS NODES PLUGINS SECRETS SERVICES SESSION SWARM SYSTEM TASKS VOLUMES'.split(
    ' ',
  ),
);
const lesser = new Set(['AUTH', 'SECRETS', 'EXEC', 'ALLOW_START', 'ALLOW_STOP', 'ALLOW_RESTARTS']);
/** https://github.com/wollomatic/socket-proxy#setting-up-the-allowlist-for-requests */
const flag = /^-{1,2}allow(POST|PUT|PATCH|DELETE|CONNECT)(?:=(.*))?$/i;
const variable = /^SP_ALLOW_(POST|PUT|PATCH|DELETE|CONNECT)(?:_\d+)?$/i;
/** Patterns that let the creation of containers, or of commands inside them, through. */
const takeover =
  /^['"]?\^?\(?\/?(\.\*|\.\+)|create|exec|containers?\/?\)?\.(\*|\+)|build|\/services|\/swarm|\/plugins|commit/i;

/** True for a proxy of Docker's socket whose options are known. */
export function isSocketProxy({ role }: ServiceView): boolean {
  return role === 'socket-proxy';
}

/** What a proxy allows: rights that lead to root on the host, and those that disturb others. */
export function rightsOf(view: ServiceView): { root: ProxyRight[]; lesser: ProxyRight[] } {
  return view.program === 'wollomatic-socket-proxy' ? byPattern(view) : bySection(view);
}

function bySection(view: ServiceView): { root: ProxyRight[]; lesser: ProxyRight[] } {
  const on = (name: string): boolean => /^(1|true|yes|on)$/i.test(view.environment.get(name) ?? '');
  const right = (name: string): ProxyRight => ({
    name,
    location: ['services', view.name, 'environment', name],
  });
  const names = [...view.environment.keys()];
  const opened = names.filter((name) => sections.has(name) && on(name));
  const post = on('POST') && opened.length > 0;
  return {
    root: post ? [{ ...right('POST'), name: `POST with ${opened.slice(0, 8).join(', ')}` }] : [],
    lesser: names
      .filter((name) => lesser.has(name) && on(name))
      // With POST they are part of what is worse.
      .filter((name) => !(post && sections.has(name)))
      .map(right),
  };
}

function byPattern(view: ServiceView): { root: ProxyRight[]; lesser: ProxyRight[] } {
  const found: { name: string; pattern: string; location: readonly string[] }[] = [];
  view.command.forEach((word, index) => {
    const [, method, pattern = ''] = flag.exec(word) ?? [];
    if (method === undefined) return;
    const isList = Array.isArray(view.service.command);
    const location = ['services', view.name, 'command', ...(isList ? [String(index)] : [])];
    found.push({ name: `-allow${method.toUpperCase()}`, pattern, location });
  });
  for (const [key, pattern] of view.environment) {
    const [, method] = variable.exec(key) ?? [];
    if (method === undefined || pattern === '') continue;
    found.push({ name: key, pattern, location: ['services', view.name, 'environment', key] });
  }
  return {
    root: found.filter(({ pattern }) => takeover.test(pattern)),
    lesser: found.filter(({ pattern }) => !takeover.test(pattern)),
  };
}
