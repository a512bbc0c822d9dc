/** A TCP socket that listens on this host. */
export interface ListeningSocket {
  /** Dotted IPv4, or IPv6 in full hexadecimal groups (`0:0:0:0:0:0:0:1`). */
  address: string;
  port: number;
  /** Inode of the socket, by which its process can be found. */
  inode: number;
}

const listenState = '0A';

/**
 * Reads `/proc/net/tcp` or `/proc/net/tcp6`. Addresses are 32-bit words in the byte order of the
 * machine, little-endian on all that Docker supports.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function parseListeningSockets(text: string): ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address, port] = (fields[1] ?? '').split(':');
      if (address === undefined || port === undefined || fields[3] !== listenState) return [];
      return [
        { address: readAddress(address), port: parseInt(port, 16), inode: Number(fields[9]) },
      ];
    });
}

/**
 * True where a socket keeps another from listening on the address: the same one, or all of them on
 * either side. `[::]` is taken to include IPv4, as it does unless its owner says otherwise.
 */
export function occupies(socket: ListeningSocket, address: string): boolean {
  const mapped = /^0:0:0:0:0:ffff:(\w+):(\w+)$/.exec(socket.address);
  const own = mapped ? ipv4OfGroups(mapped[1] ?? '', mapped[2] ?? '') : socket.address;
  return isAny(own) || isAny(address) || expand(address) === own;
}

function isAny(address: string): boolean {
  return ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', ''].includes(address);
}

function readAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).toReversed(),
  );
  if (bytes.length === 4) return bytes.map((byte) => parseInt(byte, 16)).join('.');
  const groups = (bytes.join('').match(/.{4}/g) ?? []).map((group) => parseInt(group, 16));
  return groups.map((group) => group.toString(16)).join(':');
}

function ipv4OfGroups(high: string, low: string): string {
  const bits = (parseInt(high, 16) << 16) | parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** IPv6 without `::`, so that texts can be compared. */
function expand(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => parseInt(group, 16).toString(16)).join(':');
}
