import { viewOf, type ServiceView } from '../controls/compose/stack-view.ts';
import { isWithin } from '../controls/compose/service-mounts.ts';
import type { ServiceChange, StaticModel } from '../controls/control.ts';
import { needsOf, type ProgramNeeds } from './program-needs.ts';
import type { RemedyChange } from './remedy-change.ts';

/**
 * Keys that a service may depend on. A change of one needs knowledge of the program; of any other,
 * what a control proposes is safe for every service.
 */
const needKeys = new Set([
  'cap_add',
  'cap_drop',
  'cpus',
  'cpu_quota',
  'deploy',
  'devices',
  'entrypoint',
  'command',
  'environment',
  'group_add',
  'healthcheck',
  'image',
  'ipc',
  'mem_limit',
  'memswap_limit',
  'network_mode',
  'networks',
  'pid',
  'ports',
  'privileged',
  'read_only',
  'restart',
  'tmpfs',
  'user',
  'userns_mode',
  'uts',
  'volumes',
]);
/** Programs that other services reach over their networks: nobody needs their port from afar. */
const stores = new Set(['database', 'cache', 'search', 'queue']);
/** Programs that run until they are stopped; another one may be a job that ends. */
const lasting = new Set([
  ...stores,
  'edge',
  'socket-proxy',
  'metrics',
  'dashboard',
  'logs',
  'sign-in',
]);
/** Images in which something gains privileges on purpose: sudo, or capabilities of a file. */
const gainsPrivileges =
  /(^|\/)(pihole|code-server|openvscode-server|gitlab-(ce|ee)|openssh-server)$/i;
/** Size of a folder in memory for which nobody measured another. */
const temporarySize = '64m';

/** A change with the ground on which it stands, and what it needs beside it. */
export function weighChange(
  control: string,
  proposed: ServiceChange,
  model: StaticModel,
): RemedyChange[] {
  const view = viewOf(model).byName.get(proposed.service);
  const change: RemedyChange = { ...proposed, control, ground: 'none' };
  if (!view) return [change];
  const [key] = proposed.key;
  if (key === 'security_opt') return [{ ...change, ground: gains(view) ? 'none' : 'safe' }];
  if (!needKeys.has(key)) return [{ ...change, ground: 'safe' }];
  if (key === 'ports')
    return [{ ...change, ground: stores.has(view.role ?? '') ? 'known-image' : 'none' }];
  if (key === 'restart')
    return [{ ...change, ground: lasting.has(view.role ?? '') ? 'known-image' : 'none' }];
  const needs = needsOf(view);
  if (!needs) return [change];
  const known: RemedyChange = { ...change, ground: 'known-image', source: needs.source };
  if (key === 'user')
    return [mayBeUser(view, needs) ? { ...known, change: set(needs.user ?? '') } : change];
  if (key === 'cap_drop') return capabilities(known, view, needs) ?? [change];
  if (key === 'read_only') return readOnly(known, view, needs) ?? [change];
  return [change];
}

function gains(view: ServiceView): boolean {
  return gainsPrivileges.test(view.image.path);
}

/** Files that another user made on the host stay unreadable to a new one. */
function mayBeUser(view: ServiceView, needs: ProgramNeeds): boolean {
  if (needs.user === undefined || view.service.user !== undefined) return false;
  if (needs.userIsDefault) return true;
  return view.mounts.every(({ type, readOnly }) => type !== 'bind' || readOnly);
}

/** No capability is known to do only for the user that is known as well. */
function capabilities(
  known: RemedyChange,
  view: ServiceView,
  needs: ProgramNeeds,
): RemedyChange[] | null {
  const { user } = view.service;
  const isKnownUser =
    needs.user === undefined || user === needs.user || user === needs.user.split(':')[0];
  const willBe = user === undefined && mayBeUser(view, needs);
  if (needs.capabilities === undefined || !(isKnownUser || willBe)) return null;
  if (needs.user === undefined && user !== undefined) return null;
  return [
    known,
    ...(needs.capabilities.length > 0
      ? [
          {
            ...known,
            key: ['cap_add'],
            change: { kind: 'add', values: needs.capabilities },
            reason: 'what the program needs',
          } satisfies RemedyChange,
        ]
      : []),
  ];
}

function readOnly(
  known: RemedyChange,
  view: ServiceView,
  needs: ProgramNeeds,
): RemedyChange[] | null {
  if (needs.writable === undefined) return null;
  const { tmpfs = [] } = view.service;
  const targets = [
    ...view.mounts.map(({ target }) => target),
    ...[tmpfs].flat().map((entry) => entry.split(':')[0] ?? ''),
  ];
  const kept = (path: string): boolean =>
    targets.some((target) => isWithin(path, target) || isWithin(target, path));
  if (!(needs.volumes ?? []).every(kept)) return null;
  const missing = needs.writable.filter(
    (path) => !targets.some((target) => isWithin(path, target)),
  );
  const options = ['noexec', 'nosuid', 'nodev', `size=${temporarySize}`, 'mode=1777'].join(',');
  const variables = Object.entries(needs.environment ?? {}).filter(
    ([name]) => !view.environment.has(name),
  );
  return [
    known,
    ...(missing.length > 0
      ? [
          {
            ...known,
            key: ['tmpfs'],
            change: { kind: 'add', values: missing.map((path) => `${path}:${options}`) },
            reason: 'the program writes there, and nothing of it lasts',
          } satisfies RemedyChange,
        ]
      : []),
    ...variables.map(([name, value]): RemedyChange => ({
      ...known,
      key: ['environment', name],
      change: set(value),
      reason: 'a read-only root asks for it',
    })),
  ];
}

function set(value: string): RemedyChange['change'] {
  return { kind: 'set', value };
}
