import type { ProbeContext } from '../control.ts';
import type { ContainerTarget } from '../reading/probe-containers.ts';

/** A socket file in a container. */
export interface FoundSocket {
  /** Its real path: links are followed. */
  path: string;
  /** True where a process of the container listens on it; false where somebody outside does. */
  own: boolean;
  /** What it said to a request of the Engine API; null where no program could ask it. */
  answer: string | null;
}

/** All that were found, and whether the search was cut short. */
export interface SocketSearch {
  sockets: readonly FoundSocket[];
  /** What kept the search from being whole; null where nothing did. */
  limit: string | null;
}

/** Folders below the root that are looked into, seconds of searching, and sockets that are asked. */
const deepest = 8;
const searchSeconds = 10;
const mostAsked = 20;

/**
 * Looks for socket files in a container, as root and as its own user, who may each enter folders
 * that the other may not, and asks each one for `/_ping`.
 *
 * @param places Paths that are looked at also where the image has no `find`.
 */
export async function searchSockets(
  context: ProbeContext,
  { facts }: ContainerTarget,
  places: readonly string[],
): Promise<SocketSearch> {
  const listeners = new Set<string>();
  const paths = new Set<string>();
  const limits = new Set<string>();
  for (const user of [{ user: '0:0' }, {}]) {
    const { stdout } = await context.engine.exec(
      facts.id,
      ['sh', '-c', searchScript, 'sh', ...places],
      { ...user, timeoutMs: 30_000, signal: context.signal },
    );
    const lines = stdout.split('\n');
    const of = (word: string): string[] =>
      lines
        .filter((line) => line.startsWith(`${word} `))
        .map((line) => line.slice(word.length + 1));
    for (const path of of('listener')) listeners.add(path);
    for (const path of of('socket')) paths.add(path);
    for (const limit of of('limit')) limits.add(limit);
    if (!lines.includes('end')) limits.add('the search ended early');
  }
  if (paths.size > mostAsked) limits.add(`only ${mostAsked} of ${paths.size} were asked`);
  // On the host's network the list of listeners is the host's, the engine among them.
  const separate = facts.host.networkMode !== 'host';
  const sockets: FoundSocket[] = [];
  for (const path of [...paths].slice(0, mostAsked)) {
    const { stdout, exitCode } = await context.engine.exec(
      facts.id,
      ['sh', '-c', askScript, 'sh', path],
      { user: '0:0', timeoutMs: 20_000, signal: context.signal },
    );
    const answer = exitCode === 127 ? null : stdout;
    sockets.push({ path, own: separate && listeners.has(path), answer });
  }
  return { sockets, limit: [...limits].join(', ') || null };
}

/** True where an answer is that of the API of Docker or Podman. */
export function isEngineAnswer(answer: string): boolean {
  return (
    /^HTTP\/1\.[01] \d{3}/.test(answer) &&
    /^(api-version|docker-experimental|libpod-api-version):/im.test(answer)
  );
}

/**
 * Every line of /proc/net/unix with a path is a socket that was bound in this network namespace:
 * the engine's own is not among them, wherever it is mounted and whatever its name is there.
 */
const searchScript = [
  'real() { [ -S "$2" ] && printf "%s %s\\n" "$1" "$(readlink -f "$2")"; }',
  'while read -r _ _ _ _ _ _ _ p; do case $p in (/*) real listener "$p" ;; esac; done </proc/net/unix',
  'for p in "$@"; do real socket "$p"; done',
  't=; command -v timeout >/dev/null 2>&1 && t="timeout ' + String(searchSeconds) + '"',
  'if command -v find >/dev/null 2>&1; then',
  `  { $t find / -maxdepth ${deepest} "(" -path /proc -o -path /sys ")" -prune -o -type s -print 2>/dev/null; case $? in (124|137|143) echo /limit ;; esac; } |`,
  '    while IFS= read -r p; do if [ "$p" = /limit ]; then echo "limit the search took too long"; else real socket "$p"; fi; done',
  'else echo "limit no find: only mounts and usual places"; fi',
  'echo end',
].join('\n');

/** Sends one request with whatever the image has for that, and prints what comes back. */
const askScript = [
  'request="GET /_ping HTTP/1.0\\r\\n\\r\\n"',
  'if command -v curl >/dev/null 2>&1; then curl -s -i --max-time 3 --unix-socket "$1" http://localhost/_ping',
  'elif command -v node >/dev/null 2>&1; then node -e \'const s = require("node:net").connect(process.argv[1]); s.setTimeout(3000, () => s.destroy()); s.on("error", () => s.destroy()); s.pipe(process.stdout); s.write("GET /_ping HTTP/1.0\\r\\n\\r\\n")\' "$1"',
  'elif command -v python3 >/dev/null 2>&1; then python3 -c \'import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sys.argv[1]); s.sendall(b"GET /_ping HTTP/1.0\\r\\n\\r\\n"); print(s.recv(4096).decode("latin1"))\' "$1" 2>/dev/null',
  'elif command -v socat >/dev/null 2>&1; then printf "$request" | socat -t 3 - "UNIX-CONNECT:$1" 2>/dev/null',
  'elif nc -h 2>&1 | grep -q -e -U; then printf "$request" | nc -w 3 -U "$1" 2>/dev/null',
  'else exit 127; fi',
  'exit 0',
].join('\n');
