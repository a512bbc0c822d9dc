/** A TCP port on which a process of a container listens. */
export interface Listener {
  port: number;
  /** Only processes in the same network namespace can connect. */
  loopback: boolean;
}

const listenState = '0A';

/** Reads `/proc/net/tcp` or `/proc/net/tcp6` (proc_pid_net(5)): the listening sockets. */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      const [address, port] = (local ?? '').split(':');
      if (state !== listenState || address === undefined || port === undefined) return [];
      return [{ port: Number.parseInt(port, 16), loopback: isLoopback(address) }];
    });
}

/** Addresses are words in host order: 127.0.0.1 is 0100007F on little-endian machines. */
function isLoopback(hex: string): boolean {
  if (hex.length === 8) return hex.endsWith('7F') || hex.startsWith('7F');
  const mapped = hex.startsWith('0000000000000000FFFF0000') && hex.endsWith('7F');
  return mapped || hex === '00000000000000000000000001000000';
}
