import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One call of the fake `docker` command. */
export interface RecordedCall {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
}

/** A `docker` on a PATH of its own that records how it is called. */
export interface FakeDocker {
  folder: string;
  path: string;
  calls(): Promise<RecordedCall[]>;
  remove(): Promise<void>;
}

/**
 * Installs a `docker` command that records its arguments and environment and then runs `script`,
 * lines of shell in which `$@` are the arguments. It stands for a Docker that is too old, broken or
 * half installed, which no real one can play.
 */
export async function installFakeDocker(script: string, name = 'docker'): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-fake-docker-'));
  const file = join(folder, name);
  const record = `${folder}/call.$$`;
  await writeFile(
    file,
    `#!/bin/sh
printf '%s\\0' "$PWD" "$@" > "${record}.argv"
/usr/bin/env -0 > "${record}.env"
${script}
`,
  );
  await chmod(file, 0o755);
  return {
    folder,
    path: folder,
    calls: async () => {
      const names = (await readdir(folder)).filter((entry) => entry.endsWith('.argv'));
      return Promise.all(
        names.map(async (entry) => {
          const [cwd = '', ...argv] = split(await readFile(join(folder, entry), 'utf8'));
          const lines = split(await readFile(join(folder, entry.replace(/argv$/, 'env')), 'utf8'));
          const env = Object.fromEntries(
            lines.map((line) => [
              line.slice(0, line.indexOf('=')),
              line.slice(line.indexOf('=') + 1),
            ]),
          );
          return { argv, env, cwd };
        }),
      );
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function split(text: string): string[] {
  return text.split('\0').slice(0, -1);
}
