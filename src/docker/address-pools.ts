/** A range of addresses from which the engine cuts networks of one size. */
export interface AddressPool {
  /** CIDR notation. */
  base: string;
  /** Prefix length of each network. */
  size: number;
}

/**
 * The engine's own pools where none are configured (moby/libnetwork, `ipamutils`): 15 networks of
 * /16 and 16 of /20.
 */
export const builtInPools: readonly AddressPool[] = [
  { base: '172.17.0.0/16', size: 16 },
  { base: '172.18.0.0/16', size: 16 },
  { base: '172.19.0.0/16', size: 16 },
  { base: '172.20.0.0/14', size: 16 },
  { base: '172.24.0.0/14', size: 16 },
  { base: '172.28.0.0/14', size: 16 },
  { base: '192.168.0.0/16', size: 20 },
];

/**
 * How many more IPv4 networks the pools can give.
 *
 * @param pools The engine's configured pools; empty means the built-in ones.
 * @param subnets Subnets in use by networks of the engine or routes of the host.
 */
export function freeNetworks(pools: readonly AddressPool[], subnets: readonly string[]): number {
  const taken = subnets.flatMap((subnet) => range(subnet) ?? []);
  let free = 0;
  for (const pool of pools.length > 0 ? pools : builtInPools) {
    const whole = range(pool.base);
    if (!whole) continue;
    const step = 2 ** (32 - pool.size);
    for (let start = whole.first; start + step - 1 <= whole.last; start += step) {
      const end = start + step - 1;
      if (!taken.some(({ first, last }) => first <= end && last >= start)) free += 1;
    }
  }
  return free;
}

/** First and last address as numbers; null for what is not IPv4. */
function range(cidr: string): { first: number; last: number } | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}
