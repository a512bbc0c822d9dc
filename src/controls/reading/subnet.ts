/** Where the engine puts the host on a bridge: the first address. Null for IPv6 and odd texts. */
export function firstAddress(subnet: string): string | null {
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\/\d+$/.exec(subnet);
  return match ? `${match[1] ?? ''}.${Number(match[2]) + 1}` : null;
}
