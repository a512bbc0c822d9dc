import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The binary as it is shipped. */
export const binary = join(import.meta.dirname, '../../dist/bin.cjs');

/** How a run ended and what it wrote. */
export interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the binary in a folder, with an environment of its own: no engine, no colour, no `HOME`. */
export async function jacker(
  folder: string,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; node?: string } = {},
): Promise<Run> {
  if (!existsSync(binary)) throw new Error('dist/bin.cjs is missing: run npm run build');
  const result = await execa(options.node ?? process.execPath, [binary, ...args], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: join(folder, 'home'), ...options.env },
    extendEnv: false,
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Calls a function with a new empty folder, and removes it afterwards. */
export async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-cli-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
