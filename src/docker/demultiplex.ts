import type { Readable } from 'node:stream';

/** What a container wrote, apart by stream. */
export interface Output {
  stdout: string;
  stderr: string;
}

const headerLength = 8;

/**
 * Splits the engine's multiplexed stream: frames of an 8-byte header (stream number, three zeros,
 * big-endian length) and that many bytes.
 * https://docs.docker.com/reference/api/engine/ (Attach to a container, "Stream format")
 *
 * @throws Error where the bytes do not follow that format or end inside a frame.
 */
export function demultiplex(bytes: Uint8Array): Output {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let offset = 0;
  while (offset < buffer.length) {
    const end = frameEnd(buffer, offset);
    const content = buffer.subarray(offset + headerLength, end);
    (buffer[offset] === 2 ? stderr : stdout).push(content);
    offset = end;
  }
  // Decoded once at the end: a frame may end in the middle of a character.
  return {
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
  };
}

/**
 * All bytes of a stream until it ends.
 *
 * @param limit Most bytes to keep in memory.
 * @throws Error where the stream fails or holds more.
 */
export async function collect(stream: Readable, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`more than ${limit} bytes of output`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function frameEnd(buffer: Buffer, offset: number): number {
  const kind = buffer[offset] ?? 255;
  if (buffer.length - offset < headerLength || kind > 2) {
    throw new Error('the output is not in the engine’s multiplexed format');
  }
  const end = offset + headerLength + buffer.readUInt32BE(offset + 4);
  if (end > buffer.length) throw new Error('the output ends in the middle of a frame');
  return end;
}
