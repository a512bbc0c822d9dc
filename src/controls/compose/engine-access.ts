import { isWithin } from './service-mounts.ts';
import type { ServiceView } from './stack-view.ts';

/** A socket of a container engine by its name. */
export const socketName = /(^|\/)(docker|containerd|podman|crio)[^/]*\.sock$/;
/** Where engines have their sockets by default; a mount of a folder above one gives it away too. */
export const socketPaths: readonly string[] = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
];

/**
 * How a service gets the engine's socket: sources of mounts, and Compose's own key for it.
 * https://docs.docker.com/reference/compose-file/services/#use_api_socket
 *
 * @param own The engine's socket, where it is known to be elsewhere.
 */
export function engineSockets({ service, mounts }: ServiceView, own?: string): string[] {
  const sockets = own === undefined ? socketPaths : [own, ...socketPaths];
  const mounted = mounts
    .map((mount) => mount.source)
    .filter(
      (source) =>
        socketName.test(source) ||
        (source.startsWith('/') && sockets.some((socket) => isWithin(socket, source))),
    );
  return service['use_api_socket'] === true ? [...mounted, 'use_api_socket: true'] : mounted;
}
