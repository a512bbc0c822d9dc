import { engineSockets, socketName, socketPaths } from './engine-access.ts';
import { isRootEquivalent } from './host-paths.ts';
import { isMonitor } from './monitors.ts';
import { isWithin } from './service-mounts.ts';
import { isOrdinaryUser } from './service-user.ts';
import type { ServiceView } from './stack-view.ts';

/** Web servers that people configure as a proxy of the engine's socket. */
const webServer = /(^|\/)(nginx[^/]*|haproxy[^/]*|openresty|envoy)$/;

/** How a service holds the engine's socket, as far as files tell. */
export interface EngineHold {
  /** Sources of mounts that give it away, and Compose's own key for it. */
  sockets: readonly string[];
  /**
   * `proxy`: it is there to hold it, and what it lets through is another question. `configured`: a
   * web server whose configuration says what it lets through. `image`: whether its user may open
   * the socket is in the image.
   */
  kind: 'holds' | 'proxy' | 'configured' | 'image' | 'none';
}

/**
 * Whether a service can talk to the engine. A folder above the socket counts only where somebody in
 * the container may open what is in it: the socket belongs to root and to the engine's group. A
 * writable one that is root anyway is left to the control of such mounts.
 */
export function engineHold(view: ServiceView): EngineHold {
  const named = engineSockets(view).filter((source) => !isFolder(source));
  const folders = view.mounts.filter(({ source }) => isFolder(source));
  const open = folders.filter(
    ({ source, readOnly }) =>
      (readOnly || !isRootEquivalent(source)) && !(isOrdinaryUser(view.service) && isAlone(view)),
  );
  const sockets = [...named, ...open.map(({ source }) => source)];
  if (sockets.length === 0) return { sockets, kind: 'none' };
  if (view.role === 'socket-proxy') return { sockets, kind: 'proxy' };
  if (named.length > 0 && isConfigured(view)) return { sockets, kind: 'configured' };
  const isImage =
    named.length === 0 &&
    isMonitor(view) &&
    (view.service.user === undefined || view.isOpen('user'));
  return { sockets, kind: isImage ? 'image' : 'holds' };
}

/** True for a mount of what is above the socket, not of the socket itself. */
function isFolder(source: string): boolean {
  return (
    source.startsWith('/') &&
    !socketName.test(source) &&
    socketPaths.some((socket) => isWithin(socket, source))
  );
}

/** True where the user is in no other group, such as the socket's. */
function isAlone({ service }: ServiceView): boolean {
  const groups: unknown = service.group_add;
  return !Array.isArray(groups) || groups.length === 0;
}

function isConfigured(view: ServiceView): boolean {
  if (!webServer.test(view.image.path) || view.ports.length > 0) return false;
  if ((view.service.configs ?? []).length > 0) return true;
  return view.mounts.some(({ target }) =>
    /^\/(usr\/local\/)?etc\/|\.(cfg|conf|ya?ml)$/.test(target),
  );
}
