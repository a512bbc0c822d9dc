import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Randomness } from '../../src/io/world.ts';
import type { SecretSpec } from '../../src/secrets/specification.ts';

/** The machine's own randomness. */
export const realRandom: Randomness = { bytes: (count) => new Uint8Array(randomBytes(count)) };

/** Bytes that a seed determines. */
export function seededRandom(seed: string): Randomness {
  let block = 0;
  return {
    bytes(count) {
      const parts: Buffer[] = [];
      for (let have = 0; have < count; have += 32) {
        parts.push(createHash('sha256').update(`${seed}:${block}`).digest());
        block += 1;
      }
      return new Uint8Array(Buffer.concat(parts).subarray(0, count));
    },
  };
}

/** Randomness that yields exactly these bytes, and fails when they are used up. */
export function scriptedRandom(script: readonly number[]): Randomness {
  let position = 0;
  return {
    bytes(count) {
      if (position + count > script.length) throw new Error('the script has no more bytes');
      position += count;
      return Uint8Array.from(script.slice(position - count, position));
    },
  };
}

export function spec(part: Partial<SecretSpec> & Pick<SecretSpec, 'name' | 'kind'>): SecretSpec {
  return { help: 'For a test.', owner: 'core', ...part };
}

/** Runs with a temporary folder that is removed afterwards. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-secrets-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface CommandResult {
  status: number;
  output: string;
}

/** Runs a program and answers its exit status with everything it wrote. */
export async function run(
  program: string,
  args: readonly string[],
  ids: { uid?: number; gid?: number } = {},
): Promise<CommandResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, ids);
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}
