import { isWithin, mountsOf } from '../controls/compose/service-mounts.ts';
import type { FileChange } from '../docker/file-changes.ts';
import { roleOf } from '../controls/compose/roles.ts';
import type { ComposeDocument, ComposeService } from '../harden/compose-model.ts';
import { dependenciesOf } from './provable.ts';

/** Folders that a tmpfs must not hide: the program itself is there. */
const neverScratch =
  /^\/$|^\/(etc|usr|bin|sbin|lib|lib64|opt|app|root|home|var|dev|proc|sys)$|^\/usr\//;
/** Files that the engine puts into every container. */
const engineFiles = /^\/(etc\/(hosts|hostname|resolv\.conf|mtab)|\.dockerenv|dev|proc|sys)(\/|$)/;

/** Services in the order in which they are tried: what others need comes first. */
export function trialOrder(document: ComposeDocument, names: readonly string[]): string[] {
  const order: string[] = [];
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (open.has(name) || !names.includes(name)) return;
    open.add(name);
    for (const needed of dependenciesOf(document.services[name])) visit(needed);
    order.push(name);
  };
  // Data stores first, also where nobody says that others depend on them.
  const isStore = (name: string): boolean =>
    ['database', 'cache', 'search', 'queue'].includes(
      roleOf((document.services[name]?.image ?? '').replace(/[:@].*$/, '')).role ?? '',
    );
  for (const name of [...names.filter(isStore), ...names]) visit(name);
  return order;
}

/**
 * Folders that a container wrote to and that could be in memory, outermost last. `/tmp` and `/run`
 * are among them: what was written there may be gone again.
 */
export function scratchCandidates(
  changes: readonly FileChange[],
  service: ComposeService,
): string[] {
  const mounted = [
    ...mountsOf(service).map(({ target }) => target),
    ...[service.tmpfs ?? []].flat().map((entry) => entry.split(':')[0] ?? ''),
  ].map((path) => (path.length > 1 ? path.replace(/\/+$/, '') : path));
  const added = new Set(changes.filter(({ kind }) => kind === 'added').map(({ path }) => path));
  const folders = new Set(['/tmp', '/run']);
  for (const { path, kind } of changes) {
    if (engineFiles.test(path)) continue;
    // Mount points, and what is above and below them.
    if (mounted.some((target) => isWithin(path, target) || isWithin(target, path))) continue;
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (kind === 'modified') {
      const hasInner = changes.some((other) => other.path.startsWith(`${path}/`));
      if (!hasInner) folders.add(path);
    } else if (!added.has(parent)) folders.add(parent);
  }
  return [...folders]
    .filter((path) => !neverScratch.test(path))
    .filter((path) => !mounted.some((target) => isWithin(path, target)))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** A trial sees a service at rest: a limit that is right for that may be too low for its work. */
const leastMemory = 256;
const leastPids = 200;

/** A limit of memory in MiB from what was measured: room for four times as much. */
export function memoryLimit(bytes: number): number {
  const wanted = (bytes * 4) / 1024 / 1024;
  return Math.max(leastMemory, Math.ceil(wanted / 32) * 32);
}

/** A limit of processes from what was measured: room for four times as many. */
export function pidsLimit(pids: number): number {
  return Math.max(leastPids, Math.ceil((pids * 4) / 10) * 10);
}
