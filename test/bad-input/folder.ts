import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { binary } from '../e2e/project.ts';

/** What to put on a path: text, bytes, or a folder, a pipe or a link where a file belongs. */
export type Content = string | Uint8Array | { folder: true } | { pipe: true } | { link: string };

/** How the program ended. */
export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Writes files into a folder. */
export async function fill(
  directory: string,
  files: Readonly<Record<string, Content>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    const place = join(directory, path);
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await writeFile(place, content);
    } else if ('folder' in content) await mkdir(place, { recursive: true });
    else if ('link' in content) await symlink(content.link, place);
    else await execa('mkfifo', [place]);
  }
}

/** Every entry of a folder with its kind, mode, owner, time of change and a hash of its bytes. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true });
  const pairs = await Promise.all(
    ['.', ...entries].sort().map(async (path): Promise<[string, string]> => {
      const facts = await lstat(join(directory, path), { bigint: true });
      const bytes = facts.isFile()
        ? createHash('sha256')
            .update(await readFile(join(directory, path)))
            .digest('hex')
        : '';
      const { mode, uid, gid, mtimeNs } = facts;
      return [path, [mode, uid, gid, mtimeNs, bytes].join(' ')];
    }),
  );
  return Object.fromEntries(pairs);
}

/**
 * Runs the binary in a folder with nothing of this process's environment but PATH. Without an
 * engine to talk to, unless the environment names one.
 */
export async function run(
  directory: string,
  argv: readonly string[],
  options: { env?: Record<string, string>; uid?: number } = {},
): Promise<Ended> {
  const { env = {}, uid } = options;
  const result = await execa(process.execPath, [binary, ...argv], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      ...env,
    },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** One problem as `--json` prints it. */
export interface ShownProblem {
  what: string;
  where?: { file?: string; line?: number; column?: number; key?: string };
  why?: string;
  hint?: string;
}

/** The error that a command with `--json` printed. */
export function errorOf({ stderr }: Ended): {
  code: string;
  exitCode: number;
  problems: ShownProblem[];
} {
  return (JSON.parse(stderr) as { error: ReturnType<typeof errorOf> }).error;
}
