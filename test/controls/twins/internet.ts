import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { execa } from 'execa';

const port = 8080;
/** Begins the name of each namespace. */
const prefix = 'jacker-internet-';
/** Networks of four addresses in TEST-NET-3 (RFC 5737), which nobody has: one for each cable. */
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
  await removeLeftovers();
  const name = `${prefix}${String(process.pid)}`;
  await run('netns', 'add', name);
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server?.exitCode === null && server.kill()) await once(server, 'exit');
    // With it goes its end of the cable, and so this machine's end with address and route.
    await run('netns', 'del', name);
  };
  try {
    const { here, there, outer, inner } = await layCable(name);
    const inside = ['-n', name];
    await run('address', 'add', `${here}/30`, 'dev', outer);
    await run('link', 'set', outer, 'up');
    await run(...inside, 'address', 'add', `${there}/30`, 'dev', inner);
    await run(...inside, 'link', 'set', inner, 'up');
    server = spawn(ip, ['netns', 'exec', name, process.execPath, '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await Promise.race([
      once(server.stdout!, 'data'),
      once(server, 'exit').then(() => Promise.reject(new Error('the server did not start'))),
    ]);
    return { address: { host: there, port }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Greets every client. It ends with the test that started it, however that ends. */
const program = [
  // A client that closes at once is an error of the connection, and no reason to end.
  "const answer = (socket) => socket.on('error', () => socket.destroy()).end('hello');",
  `require('node:net').createServer(answer).listen(${String(port)}, () => console.log('ready'));`,
  "process.stdin.on('end', () => process.exit()).resume();",
].join('\n');

/** Connects a namespace with this machine, by the first cable that nobody has laid. */
async function layCable(
  name: string,
): Promise<{ here: string; there: string; outer: string; inner: string }> {
  let reason = '';
  for (let place = 0; place < places; place += 1) {
    const [outer, inner] = [`jknet${String(place)}`, `jkpeer${String(place)}`];
    const { exitCode, stderr } = await execa(
      ip,
      ['link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name],
      { reject: false },
    );
    const address = (host: number): string => `203.0.113.${String(4 * place + host)}`;
    if (exitCode === 0) return { here: address(1), there: address(2), outer, inner };
    reason = stderr;
    if (!stderr.includes('File exists')) break;
  }
  throw new Error(`no virtual cable could be laid: ${reason}`);
}

/** Takes away what tests left that were killed: each namespace bears the id of its process. */
async function removeLeftovers(): Promise<void> {
  const { stdout } = await execa(ip, ['netns', 'list']);
  for (const [, name = '', id] of stdout.matchAll(/^(jacker-internet-(\d+))\b/gm)) {
    // Another test may be at the same.
    if (!existsSync(`/proc/${id ?? ''}`))
      await execa(ip, ['netns', 'del', name], { reject: false });
  }
}

async function run(...argv: readonly string[]): Promise<void> {
  await execa(ip, argv);
}
