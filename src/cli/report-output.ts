/** Bytes of one block. */
const blockSize = 128 * 1024;
const encoder = new TextEncoder();

/**
 * Puts pieces of text together into few large blocks of UTF-8: a piece may be as short as a comma,
 * and a report as long as a thousand stacks.
 *
 * @param put takes a block, which is not used again
 */
export function blocksOf(put: (block: Uint8Array) => void): {
  add(piece: string): void;
  /** Puts what is left. */
  end(): void;
} {
  let block = new Uint8Array(blockSize);
  let used = 0;
  const flush = (): void => {
    if (used === 0) return;
    put(block.subarray(0, used));
    block = new Uint8Array(blockSize);
    used = 0;
  };
  return {
    add(piece) {
      // Three bytes are the most that one UTF-16 unit takes.
      const most = piece.length * 3;
      if (most > blockSize - used) flush();
      if (most > blockSize) put(encoder.encode(piece));
      else used += encoder.encodeInto(piece, block.subarray(used)).written;
    },
    end: flush,
  };
}
