/**
 * The paths that a Git index lists, relative to its work tree; null for an index that is none, is
 * compressed (version 4), or names objects by SHA-256.
 * Format: https://git-scm.com/docs/index-format
 */
export function trackedPaths(index: Uint8Array): ReadonlySet<string> | null {
  const bytes = Buffer.from(index.buffer, index.byteOffset, index.byteLength);
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC') return null;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  const paths = new Set<string>();
  let at = 12;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    if (at + fixedPart > bytes.length) return null;
    const flags = bytes.readUInt16BE(at + fixedPart - 2);
    const name = at + fixedPart + (version === 3 && (flags & extended) !== 0 ? 2 : 0);
    const end = bytes.indexOf(0, name);
    if (end < 0) return null;
    // The length is kept twice: where the two differ, these are no entries of 20-byte names.
    const length = flags & mostLength;
    if (length < mostLength && length !== end - name) return null;
    paths.add(bytes.toString('utf8', name, end));
    // Entries are padded with one to eight zeros to a multiple of eight.
    at += Math.floor((end - at + 8) / 8) * 8;
  }
  return paths;
}

/** Times, device, mode, owner, size, a SHA-1, and flags. */
const fixedPart = 62;
const extended = 0x4000;
const mostLength = 0xfff;
