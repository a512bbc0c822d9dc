import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, tryCommand } from './command.ts';
import { isRunning, readIdentity, readLogTail, startDaemon, stopDaemon } from './daemon.ts';
import { pingEngine } from './engine-api.ts';
import type { Paths } from './paths.ts';
import { step, type Log } from './steps.ts';

/** Members of this group, and nobody else but root, reach the private engine. */
export const socketGroupName = 'jackertest';

/** Room for 4096 networks of 64 addresses; the engine's own default ends after about 30. */
const addressPool = 'base=10.200.0.0/14,size=26';

/** The longest path that fits into a Unix socket address. */
const maxSocketPath = 107;

/** Starts the private engine unless it runs already, and waits until it answers. */
export async function startEngine(paths: Paths, registryPort: number, log: Log): Promise<void> {
  const identityFile = join(paths.engine, 'engine.json');
  if ((await readIdentity(identityFile)) !== null && (await pingEngine(paths.socket))) return;
  if (paths.socket.length > maxSocketPath) {
    throw new Error(
      `testbed: ${paths.socket} is too long for a socket. Set JACKER_TESTBED_CACHE to a shorter path.`,
    );
  }
  await step(log, 'start the engine', async () => {
    await stopDaemon(identityFile);
    await mkdir(paths.engine, { recursive: true });
    await linkPrograms(paths);
    await ensureSocketGroup();
    const configFile = join(paths.engine, 'daemon.json');
    await writeFile(configFile, '{}\n');
    const pidFile = join(paths.engine, 'docker.pid');
    // What a killed engine left: the number in it may belong to any other process by now.
    await rm(pidFile, { force: true });
    const log = join(paths.engine, 'engine.log');
    const engine = await startDaemon(
      [
        join(paths.bin, 'dockerd'),
        ...['--data-root', join(paths.engine, 'data'), '--exec-root', join(paths.engine, 'run')],
        ...['--pidfile', pidFile, '-H', `unix://${paths.socket}`, '--group', socketGroupName],
        // A file of the machine's own engine must not configure this one.
        ...['--config-file', configFile],
        ...['--registry-mirror', `http://127.0.0.1:${registryPort}`],
        ...['--default-address-pool', addressPool],
        ...['--userland-proxy-path', join(paths.bin, 'docker-proxy')],
        ...['--log-level', 'warn'],
      ],
      { identity: identityFile, log },
      { PATH: `${paths.bin}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, DOCKER_HOST: undefined },
    );
    const deadline = Date.now() + 60_000;
    while (!(await pingEngine(paths.socket))) {
      if (!(await isRunning(engine)) || Date.now() > deadline) {
        throw new Error(
          `testbed: the engine did not come up. Its log is ${log}:\n  ${await readLogTail(log)}`,
        );
      }
      await sleep(100);
    }
  });
}

/** Stops the private engine and, with it, every container that it runs. */
export async function stopEngine(paths: Paths): Promise<void> {
  await stopDaemon(join(paths.engine, 'engine.json'));
}

/** Stops the engine and starts it again on the same data, as a reboot of the host would. */
export async function restartEngine(paths: Paths, port: number, log: Log): Promise<void> {
  await stopEngine(paths);
  await startEngine(paths, port, log);
}

/** The number of a group, from the machine's group database. */
export async function readGroupId(name: string): Promise<number> {
  const text = await readFile('/etc/group', 'utf8');
  const line = text.split('\n').find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`testbed: there is no group ${name} on this machine`);
  return Number(line.split(':')[2]);
}

async function ensureSocketGroup(): Promise<void> {
  const { code } = await tryCommand(['getent', 'group', socketGroupName]);
  if (code === 0) return;
  await runCommand(['groupadd', '--system', socketGroupName], 'Create this group, then run again.');
}

/** One folder with everything the engine looks for on its search path. */
async function linkPrograms(paths: Paths): Promise<void> {
  await mkdir(paths.bin, { recursive: true });
  const links: Record<string, string> = {
    dockerd: join(paths.tools, 'usr/sbin/dockerd'),
    'docker-proxy': join(paths.tools, 'usr/sbin/docker-proxy'),
    docker: join(paths.tools, 'usr/bin/docker'),
    containerd: join(paths.tools, 'usr/bin/containerd'),
    'containerd-shim-runc-v2': join(paths.tools, 'usr/bin/containerd-shim-runc-v2'),
    'docker-registry': join(paths.tools, 'usr/bin/docker-registry'),
    'docker-init': '/usr/bin/tini-static',
  };
  for (const [name, target] of Object.entries(links)) {
    if (!existsSync(target))
      throw new Error(`testbed: ${target} is missing. Run "clean", then "up".`);
    await rm(join(paths.bin, name), { force: true });
    await symlink(target, join(paths.bin, name));
  }
}
