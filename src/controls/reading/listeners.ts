/** A TCP port on which a process of a container listens. */
export interface Listener {
  port: number;
  /** Only processes in the same network namespace can connect. */
  loopback: boolean;
}

const listenState = '0A';

/**
 * Reads `/proc/net/tcp` or `/proc/net/tcp6` (proc_pid_net(5)): the listening sockets. Throws on a
 * line of another form: a socket that is left out would be one that nobody tries.
 */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const match = /^((?:[0-9A-F]{8}|[0-9A-F]{32})):([0-9A-F]{4})$/.exec(local);
      if (!match || state === undefined) {
        throw new TypeError('a line of the socket table could not be read');
      }
      const [, address = '', port = ''] = match;
      if (state !== listenState) return [];
      return [{ port: Number.parseInt(port, 16), loopback: isLoopback(address) }];
    });
}

/**
 * The kernel prints the address as words of 32 bits, each as the machine reads it. All machines
 * that Docker runs on but s390x are little-endian: there 127.0.0.1 is 0100007F, and ::1 ends in
 * 01000000. An address in the other order counts as open, which is the safe mistake.
 */
function isLoopback(hex: string): boolean {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes.length === 4) return bytes[0] === 127;
  const zeros = (count: number): boolean => bytes.slice(0, count).every((byte) => byte === 0);
  const mapped = zeros(10) && bytes[10] === 255 && bytes[11] === 255 && bytes[12] === 127;
  return mapped || (zeros(15) && bytes[15] === 1);
}
