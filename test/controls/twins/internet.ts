import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { execa } from 'execa';

const port = 8080;
/** Networks of four addresses in TEST-NET-3 (RFC 5737), which nobody has: one for each name. */
const places = 64;
const ip = '/usr/sbin/ip';

/** A host that plays the internet: on this machine, but outside of the engine's networks. */
export interface Internet {
  address: { host: string; port: number };
  stop(): Promise<void>;
}

/**
 * True where it can be played. In CI it must be: there a test that needs it fails instead of being
 * left out.
 */
export const canPlayInternet =
  (process.getuid?.() === 0 && existsSync(ip)) || Boolean(process.env['CI']);

/**
 * Starts a server that answers whoever reaches it, in a network namespace of its own. It knows no
 * way but to its neighbour, this machine: as on the internet, nothing comes back to a container's
 * own address, only to what the engine has put an address of the machine on. A container on another
 * of the engine's networks would prove nothing: the engine keeps all of them apart.
 */
export async function startInternet(): Promise<Internet> {
  const { name, place } = await claim();
  const [here, there] = [1, 2].map((host) => `203.0.113.${String(4 * place + host)}`);
  const [outer, inner] = [`jknet${String(place)}`, `jkpeer${String(place)}`];
  const inside = ['-n', name];
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server?.exitCode === null && server.kill()) await once(server, 'exit');
    // First the cable: the kernel takes a namespace away later, and the name is free at once.
    await execa(ip, ['link', 'del', outer], { reject: false });
    await run('netns', 'del', name);
  };
  try {
    await run('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
    await run('address', 'add', `${here ?? ''}/30`, 'dev', outer);
    await run('link', 'set', outer, 'up');
    await run(...inside, 'address', 'add', `${there ?? ''}/30`, 'dev', inner);
    await run(...inside, 'link', 'set', inner, 'up');
    // A client that closes at once is an error of the connection, and no reason to end.
    const answer = "(s) => s.on('error', () => s.destroy()).end('hello')";
    const program = `require('node:net').createServer(${answer}).listen(${String(port)}, () => console.log('ready'))`;
    server = spawn(ip, ['netns', 'exec', name, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([
      once(server.stdout!, 'data'),
      once(server, 'exit').then(() => Promise.reject(new Error('the server did not start'))),
    ]);
    return { address: { host: there ?? '', port }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Takes the first name that nobody has: the kernel makes each namespace once. */
async function claim(): Promise<{ name: string; place: number }> {
  let reason = '';
  for (let place = 0; place < places; place += 1) {
    const name = `jacker-internet-${String(place)}`;
    const { exitCode, stderr } = await execa(ip, ['netns', 'add', name], { reject: false });
    if (exitCode === 0) return { name, place };
    reason = stderr;
    if (!stderr.includes('File exists')) break;
  }
  throw new Error(`no network namespace could be made (${ip} netns list shows them): ${reason}`);
}

async function run(...argv: readonly string[]): Promise<void> {
  await execa(ip, argv);
}
